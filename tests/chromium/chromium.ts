import type { Browser } from "playwright-core";

/**
 * Where Chromium is, if this test run may start it: `deno task test:browser` may, `deno task test` may not. Dawn on SwiftShader
 * is the second WebGPU implementation that the project is tested on.
 */
export const chromiumPath: string | undefined = await findChromium();

async function findChromium(): Promise<string | undefined> {
  const command = "chromium";
  const { state } = await Deno.permissions.query({ name: "run", command });
  if (state !== "granted") return undefined;
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${folder}/${command}`;
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) {
      return path;
    }
  }
  console.error(
    "Chromium is missing, so its tests are skipped (Debian: apt-get install chromium)",
  );
}

/** Starts Chromium without a window, with WebGPU on its software adapter and without a network but this machine's. */
export async function launchChromium(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox", // tests may run as root, and load nothing but the project
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
}
