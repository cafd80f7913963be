import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  folderBeside,
  importFailure,
  ONNXRUNTIME_VERSION,
  onnxruntimeFlags,
  onnxruntimeFolder,
} from "../src/cpu/onnxruntime.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";

const root = new URL("../", import.meta.url);
const folder = onnxruntimeFolder()!;
const missing = !await Deno.stat(folder).then(() => true, () => false);
/** Hides all drivers: those of Vulkan, and OpenGL. */
const BARE = {
  VK_DRIVER_FILES: "/dev/null",
  VK_ICD_FILENAMES: "/dev/null",
  DENO_WEBGPU_BACKEND: "vulkan",
};
const PERMISSIONS = onnxruntimeFlags().split(" ");

async function deno(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; text: string }> {
  const output = await new Deno.Command("deno", {
    ...{ args: [...args], cwd: root, stdin: "null" },
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const text = decode(output.stdout) + decode(output.stderr);
  return { code: output.code, text };
}

/** Runs `infer` over a small slide. */
async function infer(
  { permissions, options, env }: {
    readonly permissions: readonly string[];
    readonly options: readonly string[];
    readonly env?: Record<string, string>;
  },
): Promise<{ code: number; text: string }> {
  const place = await Deno.makeTempDir({ prefix: "tilewise-cpu-" });
  try {
    const slide = { width: 90, height: 90, pixels: noise(90, 90) };
    await Deno.writeFile(`${place}/a.tif`, await makeTiff([slide]));
    await Deno.writeFile(
      `${place}/w.safetensors`,
      writeSafetensors(syntheticStateDict(tinyUnext, { bias: 0.1 })),
    );
    return await deno([
      ...["run", "--no-prompt", "--allow-read", "--allow-write"],
      ...[...permissions, "src/cli/main.ts", "infer", `${place}/a.tif`],
      ...["--weights", `${place}/w.safetensors`, "--out", `${place}/out`],
      ...["--tile", "32", "--expansion", "32", "--downsample", "1"],
      ...options,
    ], env);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

Deno.test({
  name: "The CPU backend does what a GPU does (needs onnxruntime-node)",
  ignore: missing,
  async fn() {
    const { code, text } = await deno([
      ...["test", "--no-prompt", "--no-check", "--quiet"],
      ...["--allow-read", "--allow-write", ...PERMISSIONS],
      "tests/cpu/backend.ts",
    ]);
    assertEquals(code, 0, text);
    assertMatch(text, /ok \| \d+ passed \| 0 failed/);
  },
});

Deno.test({
  name:
    "Exported networks compute under onnxruntime what PyTorch did (needs onnxruntime-node)",
  ignore: missing,
  async fn() {
    const { code, text } = await deno([
      ...["test", "--no-prompt", "--no-check", "--quiet"],
      ...["--allow-read", ...PERMISSIONS],
      "tests/cpu/export.ts",
    ]);
    assertEquals(code, 0, text);
    assertMatch(text, /ok \| 2 passed \| 0 failed/);
  },
});

Deno.test({
  name:
    "infer --device cpu and auto work without a Vulkan driver (needs onnxruntime-node)",
  ignore: missing,
  async fn() {
    for (const options of [["--device", "cpu"], []]) {
      const { code, text } = await infer({
        ...{ permissions: PERMISSIONS, options, env: BARE },
      });
      assertEquals(code, 0, text);
      assertMatch(
        text,
        /Device: CPU, driver onnxruntime 1\.27\.0, backend CPU, precision f32/,
      );
    }
  },
});

Deno.test({
  name: "The demo works without a Vulkan driver (needs onnxruntime-node)",
  ignore: missing,
  async fn() {
    const args = ["task", "--quiet", "demo", "--size", "512"];
    const { code, text } = await deno(args, BARE);
    assertEquals(code, 0, text);
    assertMatch(text, /Device: CPU/);
    assertMatch(text, /Dice \d\.\d{4} against the ground truth/);
  },
});

Deno.test("infer without a driver and without permission names the way out", async () => {
  const { code, text } = await infer({
    ...{ permissions: [], options: [], env: BARE },
  });
  assertEquals(code, 1);
  assertMatch(
    text,
    /no WebGPU adapter was found; .*; or use the CPU: install onnxruntime-node@1\.27\.0, 101 MB, with deno cache npm:onnxruntime-node@1\.27\.0, and run with --allow-ffi=\S+onnxruntime-node\/1\.27\.0 --allow-env=ORT_DISABLE_TELEMETRY/,
  );
});

Deno.test({
  name:
    "infer --device cpu names the permissions that it lacks (needs onnxruntime-node)",
  ignore: missing,
  async fn() {
    const [ffi, env] = PERMISSIONS;
    const without = await infer({
      ...{ permissions: [ffi], options: ["--device", "cpu"] },
    });
    assertEquals(without.code, 1);
    assert(
      without.text.includes(
        `Cannot use the CPU: ORT_DISABLE_TELEMETRY must be set before onnxruntime starts; run with ${onnxruntimeFlags()}`,
      ),
      without.text,
    );
    const closed = await infer({
      ...{ permissions: [env], options: ["--device", "cpu"] },
    });
    assertEquals(closed.code, 1);
    assert(
      closed.text.includes(
        `Cannot use the CPU: onnxruntime needs permissions; run with ${onnxruntimeFlags()}`,
      ),
      closed.text,
    );
  },
});

Deno.test("folderBeside() finds the package where Deno keeps packages", () => {
  const at = (place: string) =>
    folderBeside("fflate", `Error: no\n    at f (${place}/esm/a.mjs:1:2)`);
  assertEquals(
    at("file:///a%20b/npm/registry.npmjs.org/fflate/0.8.3"),
    "/a b/npm/registry.npmjs.org/onnxruntime-node/1.27.0",
  );
  assertEquals(
    at("file:///C:/deno/npm/registry.npmjs.org/fflate/0.8.3"),
    "C:/deno/npm/registry.npmjs.org/onnxruntime-node/1.27.0",
  );
  assertEquals(
    at("file:///p/node_modules/.deno/fflate@0.8.3/node_modules/fflate"),
    "/p/node_modules/.deno/onnxruntime-node@1.27.0/node_modules/onnxruntime-node",
  );
  assertEquals(at("https://esm.sh/fflate"), undefined);
});

Deno.test("A missing package is an error with the way out", () => {
  assertMatch(
    importFailure("Could not find npm package").message,
    /^Cannot use the CPU: the package onnxruntime-node@1\.27\.0 cannot be loaded \(Could not find npm package\); in a project, deno add npm:onnxruntime-node@1\.27\.0, else install /,
  );
});

/** What versions with telemetry contain: its host, how they look it up, and how they send. */
const TELEMETRY =
  /events\.data\.microsoft\.com|OneCollector|ORT_DISABLE_TELEMETRY|HttpClient_Curl|getaddrinfo/;

Deno.test("onnxruntime is the last version that sends nothing", () => {
  // Later ones look up a host at the first session, past Deno's permissions. If it must be another, read its binary first.
  assertEquals(ONNXRUNTIME_VERSION, "1.27.0");
});

Deno.test({
  name: "onnxruntime's Linux library has no telemetry (needs onnxruntime-node)",
  ignore: missing,
  async fn() {
    for (const arch of ["x64", "arm64"]) {
      const path = `${folder}/bin/napi-v6/linux/${arch}/libonnxruntime.so.1`;
      using file = await Deno.open(path);
      let before = "";
      const decoder = new TextDecoder("latin1");
      for await (const piece of file.readable) {
        const text = before + decoder.decode(piece);
        assertEquals(TELEMETRY.exec(text)?.[0], undefined);
        before = text.slice(-40);
      }
    }
  },
});
