/** Help for this folder's tests. */
import type { MaskBand } from "./mask_band.ts";

/** A whole mask. */
export interface Mask {
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Cuts a mask into bands whose heights go round in `heights`; one band without it. */
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
