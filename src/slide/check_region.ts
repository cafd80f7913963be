import type { Region, Slide } from "./slide.ts";

/** The largest region, in bytes. */
const MAX_REGION_BYTES = 2 ** 31 - 1;

/**
 * Checks a requested region.
 *
 * @throws {RangeError} If it is not a region of the slide's levels, or larger than 2 GiB.
 */
export function checkRegion(
  { x, y, width, height }: Region,
  { level, fill, slide }: {
    readonly level: number;
    readonly fill: number;
    readonly slide: Pick<Slide, "name" | "levels">;
  },
): void {
  const received = `received x ${x}, y ${y}, ${width}×${height}`;
  if (
    ![x, y, width, height].every(Number.isSafeInteger) || width < 1 ||
    height < 1
  ) {
    throw new RangeError(
      `Cannot read a region as its sides are positive integers: ${received}`,
    );
  }
  if (width * height * 3 > MAX_REGION_BYTES) {
    throw new RangeError(
      `Cannot read a region as it holds at most 2 GiB: ${received}`,
    );
  }
  if (!(level in slide.levels)) {
    throw new RangeError(
      `Cannot read a region as slide ${slide.name} has levels 0 to ${
        slide.levels.length - 1
      }: received ${level}`,
    );
  }
  if (!(Number.isInteger(fill) && fill >= 0 && fill <= 255)) {
    throw new RangeError(
      `Cannot fill a region as bytes lie in 0 to 255: received ${fill}`,
    );
  }
}
