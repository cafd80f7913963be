import { ObjectSink } from "../../src/masks/polygons/object_sink.ts";
import { TiffSink } from "../../src/masks/tiff/tiff_sink.ts";
import { writeBands } from "../../src/masks/write_mask.ts";
import { findLayers } from "../../src/run/find_results.ts";
import { SlideViews } from "../../src/run/slide_views.ts";
import { openView } from "../../src/view/open_view.ts";
import { serveView } from "../../src/view/serve_view.ts";
import { oneView } from "../../src/view/view.ts";
import { makeTiff } from "../helpers/make_tiff.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { assertEquals, assertMatch } from "@std/assert";
import { decode } from "fast-png";
import type { Page } from "playwright-core";

const [width, height] = [1600, 800];
/** Cones of probability: place, radius, peak. */
const cones = [[300, 400, 200, 1], [1000, 300, 150, 0.7], [1400, 600, 9, 1]];
const ran = 0.375;
const minArea = 120;

/** The pixels that are above a threshold, by cone, without those that are too small. */
function areasAt(map: Uint8Array, threshold: number): number[] {
  return cones.map(([x, y, radius]) => {
    let area = 0;
    for (let i = 0; i < map.length; i++) {
      const far = Math.hypot(i % width - x, Math.floor(i / width) - y);
      if (far <= radius && map[i] / 255 > threshold) area++;
    }
    return area;
  }).filter((area) => area >= minArea && area > 0);
}

const map = new Uint8Array(width * height);
for (let i = 0; i < map.length; i++) {
  for (const [x, y, radius, peak] of cones) {
    const far = Math.hypot(i % width - x, Math.floor(i / width) - y);
    const p = Math.max(0, 1 - far / radius) * peak;
    map[i] = Math.max(map[i], Math.round(p * 255));
  }
}

/** What a run at a threshold of 0.375 writes. */
async function writeRun(folder: string): Promise<string> {
  const slide = `${folder}/kidney.tif`;
  const pixels = new Uint8Array(width * height * 3).fill(230);
  await Deno.writeFile(slide, await makeTiff([{ width, height, pixels }]));
  const size = { width, height };
  const mask = map.map((value) => value / 255 > ran ? 1 : 0);
  const [path, content] = [`${folder}/kidney`, "probability"] as const;
  await writeBands(
    (async function* () {
      yield { y: 0, ...size, mask, probability8: map };
    })(),
    [
      new TiffSink(`${path}.mask.tif`, size),
      new TiffSink(`${path}.probability.tif`, { ...size, content }),
      new ObjectSink({ geojson: `${path}.geojson` }, { ...size, minArea }),
    ],
  );
  const settings = {
    ...{ threshold: ran, minArea: `${minArea} px`, simplify: 0 },
    class: "glomerulus",
  };
  const summary = {
    ...{ settings, slide: { name: "kidney", ...size } },
    ...{ objects: { count: 2 }, tiles: { seen: 1, skipped: 0 } },
    positiveFraction: 0.1,
  };
  await Deno.writeTextFile(`${path}.json`, JSON.stringify(summary));
  return slide;
}

/** Waits until a text matches. */
async function untilText(page: Page, selector: string, words: RegExp) {
  let text = "";
  for (let i = 0; i < 100; i++) {
    text = (await page.textContent(selector))!;
    if (words.test(text)) return text;
    await page.waitForTimeout(50);
  }
  throw new Error(`${selector} says "${text}"`);
}

Deno.test({
  name:
    "Outlines, count, areas, list and mask follow the threshold (needs chromium)",
  ignore: chromiumPath === undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-levels-" });
    const slide = await writeRun(folder);
    await using view = await openView(slide, await findLayers(folder, slide));
    await using server = serveView(oneView(() => view));
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({
        viewport: { width: 1920, height: 900 },
      });
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error.stack)));
      page.on("console", (message) => problems.push(message.text()));
      await page.goto(server.url);
      await untilText(page, "#count", /2/);
      const slider = page.getByLabel("Probability: threshold");
      const set = (value: number) =>
        slider.evaluate((input, value) => {
          (input as unknown as { value: string }).value = String(value);
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }, value);
      const rows = async () => {
        const texts = await page.locator(".object .area").allTextContents();
        return texts.map((text) => Number(text.replace(/\D/g, "")));
      };
      const sum = (areas: number[]) => areas.reduce((a, b) => a + b, 0);

      await t.step(
        "at the run's threshold the run's objects are shown",
        async () => {
          assertEquals(await slider.inputValue(), String(ran));
          assertEquals(await rows(), areasAt(map, ran));
          assertEquals(await page.isHidden("#level"), true);
        },
      );

      for (const threshold of [0.6, 0.8, 0.1]) {
        await t.step(`at ${threshold} those of the map are`, async () => {
          const expected = areasAt(map, threshold);
          await set(threshold);
          const told = await untilText(
            page,
            "#level",
            new RegExp(`^At threshold ${threshold}0:`),
          );
          assertMatch(
            told,
            new RegExp(`At threshold ${threshold}0: ${expected.length} in all`),
          );
          assertEquals(
            Number(/all, ([\d,]+) px/.exec(told)![1].replace(/\D/g, "")),
            sum(expected),
          );
          assertEquals(
            await page.textContent("#count"),
            String(expected.length),
          );
          assertEquals(await rows(), expected.toSorted((a, b) => b - a));
        });
      }

      await t.step(
        "what is in sight comes first, and follows the slide until all is there",
        async () => {
          let release = () => {};
          const held = new Promise<void>((resolve) => release = resolve);
          await page.route("**/level?*", async (route) => {
            await held;
            await route.continue();
          });
          await set(0.5);
          assertMatch(
            await untilText(page, "#level", /^2 in sight/),
            /counting all/,
          );
          assertEquals((await rows()).length, 2);
          for (let i = 0; i < 6; i++) await page.keyboard.press("+");
          await untilText(page, "#level", /^0 in sight/); // between the cones
          release();
          await untilText(page, "#level", /^At threshold 0.50: 2 in all/);
          await page.keyboard.press("0");
        },
      );

      await t.step("outlines and mask are those of the threshold", async () => {
        await page.keyboard.press("p");
        await page.keyboard.press("m");
        const colorAt = async (x: number, y: number) => {
          const shot = decode(await page.screenshot());
          const box = (await page.locator("#viewer").boundingBox())!;
          const zoom = Math.min(box.width / width, box.height / height);
          const left = box.x + (box.width - width * zoom) / 2 + x * zoom;
          const top = box.y + (box.height - height * zoom) / 2 + y * zoom;
          const at = Math.round(top) * shot.width + Math.round(left);
          const [red, green] = shot.data.slice(at * shot.channels);
          return green > red + 20 ? "green" : "gray";
        };
        const until = async (x: number, y: number, color: string) => {
          for (let i = 0; i < 60; i++) {
            if (await colorAt(x, y) === color) return;
            await page.waitForTimeout(50);
          }
          throw new Error(`${x},${y} is not ${color}`);
        };
        await page.getByLabel("Outlines").uncheck();
        await until(300 + 90, 400, "green"); // 0.55
        await until(300 + 110, 400, "gray"); // 0.45
        await set(0.4);
        await until(300 + 110, 400, "green");
        await page.getByLabel("Mask", { exact: true }).uncheck();
        await until(300 + 110, 400, "gray");
        await page.getByLabel("Outlines").check();
        await until(300 + 120, 400, "green"); // the line at 0.4
        await set(0.2);
        await until(300 + 120, 400, "gray");
        await until(300 + 160, 400, "green");
      });

      await t.step("and back to the run's objects", async () => {
        const left = () => page.locator("#level").waitFor({ state: "hidden" });
        await page.click("#level-back");
        await left();
        assertEquals(await rows(), areasAt(map, ran));
        assertEquals(await slider.inputValue(), String(ran));
        await set(0.9);
        await page.locator("#level").waitFor();
        await set(0.377); // snaps to the run's
        await left();
        assertEquals(await rows(), areasAt(map, ran));
        assertEquals(problems, []);
      });

      await t.step("objects at a threshold are kept as results", async () => {
        const entries = [{ source: slide }];
        await using views = new SlideViews(entries, {
          ...{ results: folder, edit: true },
        });
        await using server = serveView(views);
        await page.goto(server.url);
        await untilText(page, "#count", /^2$/);
        assertEquals(await page.isHidden("#level-keep"), true);
        await set(0.8);
        await untilText(page, "#level", /^At threshold 0.80/);
        await page.keyboard.press("a"); // would accept an object of the file
        await untilText(page, "#said", /^These are objects at another/);
        await page.click("#level-keep");
        await untilText(page, "#notice", /^Kept in .*threshold-0.8: /);
        const out = `${folder}/threshold-0.8`;
        const { geojson, mask } = await findLayers(out, slide);
        await using kept = await openView(slide, { geojson, mask });
        assertEquals(kept.objects.map(({ area }) => area), areasAt(map, 0.8));
        await page.click("#level-keep");
        await untilText(page, "#notice", /exists; remove it/);
      });
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
