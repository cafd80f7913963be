import { assertEquals, assertLess } from "@std/assert";
import { openSlide } from "../../src/slide/open_slide.ts";
import { bundleForBrowser } from "./bundle_for_browser.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

/** What decode_page.ts puts into the page. */
declare const decoding: {
  read(url: string): Promise<number[]>;
  decodeMany(): Promise<{ threads: number; pixel: number[] }>;
};

const golden = new URL("../golden/", import.meta.url);

Deno.test({
  name:
    "Slides are decoded in Chromium, on workers where their script is served, and by Chromium itself where WebAssembly files are not (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const here = (path: string) => new URL(path, import.meta.url);
    const script = await bundleForBrowser(here("decode_page.ts"));
    const worker = await bundleForBrowser(
      here("../../src/slide/codecs/decode_worker.ts"),
    );
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async ({ url }) => {
        const { pathname } = new URL(url);
        if (pathname.endsWith("/page.js")) return answer(script);
        // Beside the script of one page alone.
        if (pathname === "/with/codecs/decode_worker.ts") return answer(worker);
        if (pathname.endsWith("/")) {
          return answer("<!doctype html><title>Decoding</title>", "text/html");
        }
        const path = new URL(`.${pathname}`, golden);
        return await Deno.readFile(path).then(
          (bytes) => answer(bytes, "application/octet-stream"),
          () => new Response("", { status: 404 }),
        );
      },
    );
    const browser = await launchChromium();
    try {
      for (const [folder, threads] of [["with", 2], ["without", 0]] as const) {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${server.addr.port}/${folder}/`);
        await page.addScriptTag({ url: "page.js", type: "module" });
        await page.waitForFunction(() => "decoding" in globalThis);
        await t.step(`${folder} the workers' script`, async () => {
          const result = await page.evaluate(() => decoding.decodeMany());
          assertEquals(result, { threads, pixel: [77, 77, 77] });
        });
        for (
          const [name, most] of [
            ["tiff/jpeg_rgb_tiles.tif", 2],
            ["tiff/jpeg_ycbcr_tiles.tif", 2],
            ["tiff/webp_tiles.tif", 2],
            ["tiff/zstd_tiles.tif", 0],
            ["pictures/rgb16.png", 0],
          ] as const
        ) {
          await t.step(`${name} ${folder} the workers' script`, async () => {
            const seen = await page.evaluate(
              (url) => decoding.read(url),
              `/${name}`,
            );
            await using slide = await openSlide(new URL(name, golden));
            const { width, height } = slide;
            const all = { x: 0, y: 0, width, height };
            const expected = await slide.readRegion(all);
            assertEquals(seen.length, expected.length);
            const error = seen.reduce(
              (sum, value, i) => sum + Math.abs(value - expected[i]),
              0,
            );
            assertLess(error / seen.length, most + 1e-9);
          });
        }
        await page.close();
      }
    } finally {
      await browser.close();
    }
  },
});

function answer(
  body: string | Uint8Array<ArrayBuffer>,
  type = "text/javascript",
): Response {
  return new Response(body, { headers: { "content-type": type } });
}
