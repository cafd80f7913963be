import { assert, assertEquals } from "@std/assert";
import { serveFolder } from "../../examples/browser/serve.ts";
import { findObjects } from "../../examples/service.ts";
import { loadModel } from "../../src/predict/load_model.ts";
import { openSlide } from "../../src/slide/open_slide.ts";
import { writeSafetensors } from "../../src/weights/write_safetensors.ts";
import { makeTiff } from "../helpers/make_tiff.ts";
import { noise } from "../helpers/noise.ts";
import { syntheticStateDict } from "../helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../helpers/tiny_unext.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

const root = new URL("../../", import.meta.url);
const tiles = { size: 64, expansion: 32, downsample: 1 };

Deno.test({
  name:
    "The browser example finds in a picked file what Deno finds (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-browser-" });
    await bundlePage(folder);
    const weights = writeSafetensors(
      syntheticStateDict(tinyUnext, { bias: 1 }),
    );
    const [width, height] = [150, 110];
    const pixels = noise(width, height, 3);
    const slides = {
      "slide.tif": await makeTiff([{ width, height, pixels }]),
      "jpeg.tif": await Deno.readFile(
        new URL("tests/golden/tiff/jpeg_ycbcr_tiles.tif", root),
      ),
    };
    await using server = serveFolder(folder);
    const browser = await launchChromium();
    try {
      for (const [name, bytes] of Object.entries(slides)) {
        await t.step(name, async () => {
          const page = await browser.newPage();
          const problems: string[] = [];
          page.on("pageerror", (error) => problems.push(String(error.stack)));
          await page.goto(`http://127.0.0.1:${server.addr.port}/`);
          const { Buffer } = await import("node:buffer");
          const mimeType = "application/octet-stream";
          await page.setInputFiles("#slide", {
            name,
            mimeType,
            buffer: Buffer.from(bytes),
          });
          await page.setInputFiles("#weights", {
            name: "tiny.safetensors",
            mimeType,
            buffer: Buffer.from(weights),
          });
          await page.fill("#size", "64");
          await page.fill("#expansion", "32");
          await page.fill("#downsample", "1");
          await page.click("button");
          await page.getByText(/ in .* s on |Cannot/)
            .waitFor({ timeout: 120_000 });
          const text = await page.textContent("#text");
          assertEquals(
            text?.split(" ")[0],
            String(await countInDeno(bytes, weights)),
            text!,
          );
          assert(await page.locator("#canvas").isVisible());
          assertEquals(problems, []);
          await page.close();
        });
      }
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** With the very command that `deno task browser` begins with. */
async function bundlePage(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--outdir", folder],
      "examples/browser/index.html",
    ],
    cwd: root,
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

async function countInDeno(
  bytes: Uint8Array<ArrayBuffer>,
  weights: Uint8Array,
): Promise<number> {
  await using slide = await openSlide(new Blob([bytes]));
  await using model = await loadModel("auto", [weights]);
  return (await Array.fromAsync(findObjects(slide, model, { tiles }))).length;
}
