/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import { openView } from "../../src/view/open_view.ts";
import { serveView } from "../../src/view/serve_view.ts";
import { oneView } from "../../src/view/view.ts";
import {
  accessibilityProblems,
  overlaps,
  SCHEMES,
  SIZES,
} from "./check_page.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { writeViewFiles } from "./view_files.ts";

/** What floats over the slide; none may hide another. */
const FLOATS = [".buttons", ".navigator", "#scale", "#readout", "aside"];

Deno.test({
  name:
    "The viewer is accessible at all sizes, light and dark (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-page-" });
    const { slide, ...files } = await writeViewFiles(folder, [
      { name: "Tumor", color: "#d55e00" },
      { name: "Stroma", color: "#0072b2" },
    ]);
    await using view = await openView(slide, files);
    await using server = serveView(oneView(() => view));
    const browser = await launchChromium();
    try {
      for (const [width, height] of SIZES) {
        for (const colorScheme of SCHEMES) {
          await t.step(`${width}×${height}, ${colorScheme}`, async () => {
            const page = await browser.newPage({
              viewport: { width, height },
              colorScheme,
            });
            const said: string[] = [];
            page.on("console", (message) => said.push(message.text()));
            page.on("pageerror", (error) => said.push(String(error)));
            await page.goto(server.url);
            await page.waitForFunction(() =>
              document.querySelector(".object") !== null
            );
            const shots = Deno.env.get("TILEWISE_SHOTS");
            if (shots) {
              await page.waitForTimeout(800);
              const path = `${shots}/view-${width}-${colorScheme}.png`;
              await page.screenshot({ path });
            }
            assertEquals(await accessibilityProblems(page), []);
            assertEquals(await overlaps(page, FLOATS), []);
            const [wide, high] = await page.evaluate(() => [
              document.documentElement.scrollWidth,
              document.documentElement.scrollHeight,
            ]);
            assertEquals([wide, high], [width, height], "the page scrolls");
            await page.keyboard.press("?");
            assertEquals(await accessibilityProblems(page), []);
            assertEquals(said, []);
            await page.close();
          });
        }
      }
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
