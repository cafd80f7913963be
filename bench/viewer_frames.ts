/// <reference lib="dom" />
/**
 * The viewer in Chromium with 10,000 objects of 120 corners on a slide of 50,000 px: frames per second, and what a stroke
 * of the brush takes until it is drawn and until it is saved:
 *
 *     deno run --allow-all bench/viewer_frames.ts [OBJECTS]
 *
 * @module
 */
import type { Page } from "playwright-core";
import { Corrections } from "../src/corrections/corrections.ts";
import { editView } from "../src/view/edit_view.ts";
import { oneView } from "../src/view/view.ts";
import { serveView } from "../src/view/serve_view.ts";
import { TileLayer } from "../src/view/tile_layer.ts";
import { launchChromium } from "../tests/chromium/chromium.ts";
import { median } from "./measure.ts";

const SIDE = 50_000;
const CORNERS = 120;
const count = Number(Deno.args[0] ?? 10_000);

const layer = new TileLayer({
  ...{ width: SIDE, height: SIDE },
  levels: [1, 4, 16, 64].map((downsample) => ({
    width: Math.ceil(SIDE / downsample),
    height: Math.ceil(SIDE / downsample),
    downsample,
  })),
  readRegion: ({ width, height }) =>
    Promise.resolve(new Uint8Array(width * height * 3).fill(225)),
}, { id: "slide", slideWidth: SIDE });

const objects = Array.from({ length: count }, (_, i) => {
  // Places that fill the slide evenly without a pattern: multiples of two irrational numbers.
  const [x, y] = [0.754877666, 0.569840291]
    .map((step) => 300 + ((i * step) % 1) * (SIDE - 600));
  const radius = 80 + (i * 37) % 150;
  const ring = Array.from({ length: CORNERS }, (_, k) => {
    const angle = k / CORNERS * 2 * Math.PI;
    const length = radius * (1 + 0.1 * Math.sin(5 * angle + i));
    return [x + length * Math.cos(angle), y + length * Math.sin(angle)];
  }).flat().map(Math.round);
  return ring;
});
const folder = await Deno.makeTempDir({ prefix: "tilewise-frames-" });
const source = `${folder}/frames.geojson`;
await Deno.writeTextFile(
  source,
  JSON.stringify({
    type: "FeatureCollection",
    features: objects.map((ring) => ({
      type: "Feature",
      id: crypto.randomUUID(),
      geometry: { type: "Polygon", coordinates: [cornersOf(ring)] },
      properties: { objectType: "annotation" },
    })),
  }),
);

const slide = { name: "frames", width: SIDE, height: SIDE };
const view = {
  description: { ...slide, layers: [layer.description], live: false },
  layers: new Map([["slide", layer]]),
  objects: [],
};
const path = `${folder}/frames.corrected.geojson`;
await using corrections = await Corrections.open(path, { slide, source });
const edited = editView(view, corrections, { token: crypto.randomUUID() });
await using server = serveView(oneView(() => edited));
const browser = await launchChromium();
try {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
  });
  await page.goto(server.url);
  await page.waitForFunction(
    (count) =>
      Number(
        document.getElementById("count")?.textContent?.replace(/\D/g, ""),
      ) ===
        count,
    count,
  );
  await page.waitForTimeout(1500);
  await measure(page, "pan, all in sight", () => drag(page));
  await measure(page, "zoom in and out", () => zoom(page));
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press("+");
    await page.waitForTimeout(300);
  }
  await measure(page, "pan, zoomed in 5×", () => drag(page));
  await brush(page);
} finally {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
}

/** The corners of a ring, the first again at the end. */
function cornersOf(ring: readonly number[]): number[][] {
  const corners = Array.from(
    { length: ring.length / 2 },
    (_, i) => [ring[2 * i], ring[2 * i + 1]],
  );
  return [...corners, corners[0]];
}

/** Prints what strokes take from the release of the button until they are drawn, and until they are saved. */
async function brush(page: Page): Promise<void> {
  await page.keyboard.press("d");
  const drawn: number[] = [], saved: number[] = [];
  for (let i = 0; i < 9; i++) {
    await page.keyboard.press("Enter"); // another object
    await page.evaluate(() => {
      const times: Record<string, number> = {};
      Object.assign(globalThis, { times });
      addEventListener("pointerup", () => {
        times.start = performance.now();
        requestAnimationFrame(() =>
          requestAnimationFrame((now) => times.drawn = now - times.start)
        );
      }, { once: true, capture: true });
    });
    const y = 250 + i * 40;
    await page.mouse.move(500, y);
    await page.mouse.down();
    await page.mouse.move(800, y + 20, { steps: 10 });
    await page.mouse.up();
    await page.locator("#saved", { hasText: /^Saved$/ }).waitFor();
    const [one, other] = await page.evaluate(() => {
      const { times } = globalThis as unknown as {
        times: Record<string, number>;
      };
      return [times.drawn, performance.now() - times.start];
    });
    drawn.push(one);
    saved.push(other);
  }
  const texts = [drawn, saved].map((times) =>
    `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} to ${
      Math.max(...times).toFixed(0)
    })`
  );
  console.log(
    `${count} objects, a stroke of the brush: drawn after ${
      texts[0]
    }, saved after ${texts[1]}`,
  );
}

async function drag(page: Page): Promise<void> {
  await page.mouse.move(700, 450);
  await page.mouse.down();
  for (let i = 0; i < 60; i++) {
    await page.mouse.move(
      700 + Math.sin(i / 8) * 200,
      450 + Math.cos(i / 8) * 200,
    );
    await page.waitForTimeout(16);
  }
  await page.mouse.up();
}

async function zoom(page: Page): Promise<void> {
  await page.mouse.move(500, 450);
  for (const direction of [-1, 1]) {
    for (let i = 0; i < 8; i++) {
      await page.mouse.wheel(0, 120 * direction);
      await page.waitForTimeout(200);
    }
  }
}

/** Prints how often the page is drawn while something is done. */
async function measure(
  page: Page,
  what: string,
  act: () => Promise<void>,
): Promise<void> {
  await page.evaluate(() => {
    const frames: number[] = [];
    Object.assign(globalThis, { frames });
    let last = performance.now();
    const tick = () => {
      const now = performance.now();
      frames.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await act();
  const frames = await page.evaluate(() =>
    (globalThis as unknown as { frames: number[] }).frames
  );
  frames.sort((a, b) => a - b);
  const total = frames.reduce((sum, time) => sum + time, 0);
  const at = (share: number) =>
    frames[Math.floor((frames.length - 1) * share)].toFixed(1);
  console.log(
    `${count} objects, ${what}: ${
      (1000 * frames.length / total).toFixed(1)
    } frames a second; median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${
      at(1)
    } ms`,
  );
}
