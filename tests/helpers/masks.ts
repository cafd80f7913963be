import type { MaskBand } from "../../src/masks/mask_band.ts";
import type { MaskPolygon } from "../../src/masks/polygons/outline.ts";
import { Polygonizer } from "../../src/masks/polygons/polygonizer.ts";

/** A whole mask. */
export interface Mask {
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Cuts a mask into bands with these heights, repeated. Default: one band. */
export function* bandsOf(
  { mask, width, height }: Mask,
  heights: readonly number[] = [height],
): Generator<MaskBand> {
  for (let y = 0, index = 0; y < height; index++) {
    const rows = Math.min(heights[index % heights.length], height - y);
    yield {
      y,
      width,
      height: rows,
      mask: mask.slice(y * width, (y + rows) * width),
    };
    y += rows;
  }
}

/** A mask of which `density` of the pixels are set at random; mulberry32. */
export function randomMask(
  width: number,
  height: number,
  options: { seed: number; density: number },
): Mask {
  let state = options.seed;
  const mask = new Uint8Array(width * height).map(() => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32 < options.density ? 1 : 0;
  });
  return { mask, width, height };
}

/** The mask of the pixels in whose centers `isIn` is true. */
export function draw(
  width: number,
  height: number,
  isIn: (x: number, y: number) => boolean,
): Mask {
  const mask = Uint8Array.from(
    { length: width * height },
    (_, i) => isIn(i % width + 0.5, Math.floor(i / width) + 0.5) ? 1 : 0,
  );
  return { mask, width, height };
}

/** The object of the most pixels. */
export function largest({ mask, width, height }: Mask): MaskPolygon {
  let most: MaskPolygon | undefined;
  const onPolygon = (polygon: MaskPolygon) => {
    if (polygon.area > (most?.area ?? 0)) most = polygon;
  };
  // With a row below, so that all end.
  const polygonizer = new Polygonizer({ width, height: height + 1, onPolygon });
  polygonizer.write({ y: 0, width, height, mask });
  polygonizer.write({
    y: height,
    width,
    height: 1,
    mask: new Uint8Array(width),
  });
  return most!;
}

/** Runs `work` with a new folder, and removes it. */
export async function withFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a folder holds, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** An asynchronous stream of items; `ended` is called when it ends or is ended. */
export async function* streamed<T>(
  items: Iterable<T>,
  ended?: () => void,
): AsyncGenerator<T> {
  try {
    for (const item of items) yield item;
  } finally {
    ended?.();
  }
}
