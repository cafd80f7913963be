import { assertEquals } from "@std/assert";
import { openSlide } from "../../src/slide/open_slide.ts";
import { makeTiff } from "../helpers/make_tiff.ts";
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
    "Slides are decoded in Chromium, on workers where their script is served, with nothing but the page's script (needs chromium)",
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
        return await slideOf(pathname.slice(1)).then(
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
          const name of [
            "tiff/jpeg_rgb_tiles.tif",
            "tiff/jpeg_ycbcr_tiles.tif",
            "tiff/rgb.j2k",
            "tiff/webp_tiles.tif",
            "tiff/zstd_tiles.tif",
            "tiff/lerc_tiles.tif",
            "pictures/rgb16.png",
          ]
        ) {
          await t.step(`${name} ${folder} the workers' script`, async () => {
            const seen = await page.evaluate(
              (url) => decoding.read(url),
              `/${name}`,
            );
            const file = new Blob([await slideOf(name)]);
            await using slide = await openSlide(file);
            const { width, height } = slide;
            const all = { x: 0, y: 0, width, height };
            assertEquals(seen, [...await slide.readRegion(all)]);
          });
        }
        await page.close();
      }
    } finally {
      await browser.close();
    }
  },
});

/** A golden file; a JPEG 2000 stream as the one block of a TIFF. */
async function slideOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(new URL(name, golden));
  if (!name.endsWith(".j2k")) return bytes;
  const page = { width: 24, height: 20, pixels: new Uint8Array() };
  return await makeTiff([{ ...page, blocks: [bytes], tags: { 259: 34712 } }]);
}

function answer(
  body: string | Uint8Array<ArrayBuffer>,
  type = "text/javascript",
): Response {
  return new Response(body, { headers: { "content-type": type } });
}
