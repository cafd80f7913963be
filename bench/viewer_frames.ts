/**
 * Frames per second of the viewer in Chromium with 10,000 objects of 120 corners on a slide of 50,000 px:
 *
 *     deno run --allow-all bench/viewer_frames.ts [OBJECTS]
 *
 * @module
 */
import type { Page } from "playwright-core";
import { oneView } from "../src/view/view.ts";
import { serveView } from "../src/view/serve_view.ts";
import { TileLayer } from "../src/view/tile_layer.ts";
import { launchChromium } from "../tests/chromium/chromium.ts";

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
  return { rings: [ring], area: Math.PI * radius ** 2 };
});

const view = {
  description: {
    ...{ name: "frames", width: SIDE, height: SIDE },
    layers: [layer.description],
    live: false,
  },
  layers: new Map([["slide", layer]]),
  objects,
};

await using server = serveView(oneView(() => view));
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
} finally {
  await browser.close();
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
