import type { Browser, Page } from "playwright-core";
import { measureRings } from "../../src/corrections/feature_rings.ts";
import {
  combine,
  normalize,
  type Rings,
} from "../../src/corrections/polygons.ts";
import { readObjects } from "../../src/view/read_objects.ts";

/** Screen pixels per pixel of the slide. */
const ZOOM = 0.6;
/** Corners that the person clicks for an outline. */
const CORNERS = 24;
/** Least intersection over union of an outline that is left as it is. */
const LEAST_IOU = 0.85;

/** Options for {@linkcode correctSlide}. */
export interface CorrectSlideOptions {
  /** The viewer's address. */
  readonly url: string;
  /** The slide's name. */
  readonly name: string;
  /** Its width and height. */
  readonly side: number;
  /** The file of what is on it. */
  readonly truth: string;
  /** The file of what the model found. */
  readonly found: string;
}

/**
 * Corrects a slide as a person would, by mouse and keys: accepts outlines that are right, rejects the others, draws what
 * they missed, and marks the slide as looked at.
 */
export async function correctSlide(
  browser: Browser,
  { url, name, side, truth, found }: CorrectSlideOptions,
): Promise<Record<"accepted" | "rejected" | "drawn", number>> {
  const [real, predicted] = await Promise.all(
    [truth, found].map(async (path) =>
      (await readObjects(path)).map(({ rings }) => normalize(rings))
    ),
  );
  const page = await browser.newPage({
    viewport: { width: 1400, height: 900 },
  });
  const middle = side / 2;
  await page.goto(
    `${url}#slide=${name}&x=${middle}&y=${middle}&zoom=${ZOOM}`,
  );
  await page.locator("#edit").waitFor();
  const done = { accepted: 0, rejected: 0, drawn: 0 };

  for (let i = 0; i < predicted.length; i++) {
    const number = await selectUndecided(page);
    const isReal = real.some((one) => agree(one, predicted[number - 1]));
    await page.keyboard.press(isReal ? "a" : "x");
    done[isReal ? "accepted" : "rejected"]++;
  }
  await page.goto(
    `${url}#slide=${name}&x=${middle}&y=${middle}&zoom=${ZOOM}`,
  );
  await page.locator("#edit").waitFor();
  const missed = real.filter((one) =>
    !predicted.some((other) => agree(one, other))
  );
  for (const [outline] of missed) {
    await page.keyboard.press("g");
    for (const corner of cornersOf(outline)) await click(page, corner, middle);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    done.drawn++;
  }
  await page.keyboard.press("w");
  const edge = side - 2;
  for (const corner of [[2, 2], [edge, 2], [edge, edge], [2, edge]]) {
    await click(page, corner, middle);
  }
  await page.keyboard.press("Enter");
  await page.locator("#saved", { hasText: /^Saved$/ }).waitFor();
  await page.close();
  return done;
}

/** Shows the first object that nobody has decided about; returns its number. */
async function selectUndecided(page: Page): Promise<number> {
  const selected = page.locator('.object[aria-selected="true"] .number');
  if (await selected.count() === 0) await page.keyboard.press("n");
  await selected.first().waitFor();
  return Number((await selected.first().textContent())!.replace(/\D/g, ""));
}

/** Whether two areas agree: their intersection over their union is what a careful person lets pass. */
function agree(one: Rings, other: Rings): boolean {
  const common = areaOf(combine(one, other, "intersection"));
  return common > (areaOf(one) + areaOf(other) - common) * LEAST_IOU;
}

function areaOf(rings: Rings): number {
  return measureRings(rings).area;
}

function cornersOf(ring: readonly number[]): number[][] {
  const points = ring.length / 2;
  return Array.from({ length: Math.min(CORNERS, points) }, (_, i) => {
    const at = Math.floor(i * points / Math.min(CORNERS, points)) * 2;
    return [ring[at], ring[at + 1]];
  });
}

/** Clicks a pixel of the slide, whose middle is in the middle of the viewer. */
async function click(
  page: Page,
  [x, y]: readonly number[],
  middle: number,
): Promise<void> {
  const box = (await page.locator("#viewer").boundingBox())!;
  await page.mouse.click(
    box.x + box.width / 2 + (x - middle) * ZOOM,
    box.y + box.height / 2 + (y - middle) * ZOOM,
  );
}
