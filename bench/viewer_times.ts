/// <reference lib="dom" />
/**
 * Times of the viewer in Chromium: from the request of the page to the first picture of slides of 8192² without a pyramid,
 * and from a move of the threshold to the outlines and numbers of what is in sight:
 *
 *     deno run --allow-all bench/viewer_times.ts
 *
 * @module
 */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { createTiffWriter } from "../src/masks/tiff/tiff_writer.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { openView, type OpenViewOptions } from "../src/view/open_view.ts";
import { serveView } from "../src/view/serve_view.ts";
import { oneView } from "../src/view/view.ts";
import { launchChromium } from "../tests/chromium/chromium.ts";
import { blockPicture, TILED_TIFF, writeSlide } from "./decode_slides.ts";
import { median } from "./measure.ts";

const SIDE = 8192;
const ROUNDS = 5;
/** Pixels from one disc of the probability map to the next. */
const STEP = 256;

const folder = await Deno.makeTempDir({ prefix: "tilewise-viewer-" });
const browser = await launchChromium();
try {
  const picture = await blockPicture(SIDE);
  const jpeg = await writeSlide(TILED_TIFF, { picture, folder });
  const deflate = join(folder, "deflate.tif");
  await copyRows(jpeg, deflate);
  for (
    const [name, path] of Object.entries({
      "JPEG tiles": jpeg,
      "deflate tiles": deflate,
    })
  ) {
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      times.push(await firstPicture(browser, path));
    }
    print(`first picture, ${SIDE}² without a pyramid, ${name}`, times);
  }
  const probability = join(folder, "map.tif");
  await writeMap(probability);
  for (const zoom of [0.11, 0.37, 1.3]) {
    const times = await moveThreshold(browser, {
      path: jpeg,
      probability,
      zoom,
    });
    print(`threshold, in sight at ${Math.round(zoom * 100)} %`, times);
  }
} finally {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
}

function print(what: string, times: readonly number[]): void {
  const texts = [Math.min(...times), median(times), Math.max(...times)]
    .map((time) => `${Math.round(time)}`);
  console.log(
    `${what}: ${texts[1]} ms (${texts[0]} to ${
      texts[2]
    }, ${times.length} times)`,
  );
}

/** Writes a slide's pixels as deflated tiles, without a pyramid. */
async function copyRows(from: string, to: string): Promise<void> {
  await using slide = await openSlide(from);
  const { width, height } = slide;
  await using tiff = await createTiffWriter(to, {
    ...{ width, height, samples: 3, mpp: { x: 0.5, y: 0.5 } },
  });
  for (let y = 0; y < height; y += 512) {
    const region = { x: 0, y, width, height: 512 };
    await tiff.writeRows(y, 512, await slide.readRegion(region));
  }
  await tiff.close();
}

/** Writes a map of discs whose probability falls from the center on. */
async function writeMap(path: string): Promise<void> {
  const rows = new Uint8Array(SIDE * STEP);
  for (let i = 0; i < rows.length; i++) {
    const x = i % STEP - STEP / 2;
    const y = Math.floor(i / SIDE) - STEP / 2;
    rows[i] = Math.max(0, 255 - 2.5 * Math.hypot(x, y));
  }
  await using tiff = await createTiffWriter(path, {
    ...{
      width: SIDE,
      height: SIDE,
      samples: 1,
      mpp: { x: 0.5, y: 0.5 },
      pyramid: "mean",
    },
  });
  for (let y = 0; y < SIDE; y += STEP) await tiff.writeRows(y, STEP, rows);
  await tiff.close();
}

/** Opens the page of a slide. */
async function show<T>(
  browser: Browser,
  { path, hash = "", ...options }: OpenViewOptions & {
    readonly path: string;
    readonly hash?: string;
  },
  act: (page: Page, url: string) => Promise<T>,
): Promise<T> {
  await using view = await openView(path, options);
  await using server = serveView(oneView(() => view));
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
  });
  try {
    return await act(page, server.url + hash);
  } finally {
    await page.close();
  }
}

function firstPicture(browser: Browser, path: string): Promise<number> {
  return show(browser, { path }, async (page, url) => {
    const start = performance.now();
    await page.goto(url, { waitUntil: "commit" });
    await page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(
        "#viewer canvas",
      );
      if (!canvas) return false;
      const { width, height } = canvas;
      const [, , , alpha] = canvas.getContext("2d")!
        .getImageData(width / 2, height / 2, 1, 1).data;
      return alpha === 255;
    });
    return performance.now() - start;
  });
}

function moveThreshold(
  browser: Browser,
  { zoom, ...files }: {
    readonly path: string;
    readonly probability: string;
    readonly zoom: number;
  },
): Promise<number[]> {
  const hash = `#x=${SIDE / 2}&y=${SIDE / 2}&zoom=${zoom}`;
  return show(browser, { ...files, hash }, async (page, url) => {
    await page.goto(url);
    await page.waitForTimeout(4000);
    return await page.evaluate(async () => {
      const slider = document.querySelector<HTMLInputElement>(
        '[aria-label="Probability: threshold"]',
      )!;
      const times: number[] = [];
      for (let i = 1; i <= 15; i++) {
        const traced = () => performance.getEntriesByName("contours").length;
        const before = traced();
        const start = performance.now();
        slider.value = (0.5 + i * 0.02).toFixed(2);
        slider.dispatchEvent(new Event("input"));
        while (traced() === before) await new Promise(requestAnimationFrame);
        times.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return times;
    });
  });
}
