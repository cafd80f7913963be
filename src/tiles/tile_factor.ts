/**
 * How many of its `pixels` a tile has per tile pixel, each way: `downsample` if they are the slide's own and still to
 * be averaged, 1 if the reader has resampled them.
 *
 * @throws {RangeError} If they are not a square of RGB whose side is a multiple of `size + expansion`.
 */
export function tileFactor(
  { size, expansion, pixels }: {
    readonly size: number;
    readonly expansion: number;
    readonly pixels: Uint8Array;
  },
): number {
  const side = size + expansion;
  const factor = Math.sqrt(pixels.length / 3) / side;
  if (Number.isInteger(factor) && factor >= 1) return factor;
  throw new RangeError(
    `Cannot use a tile as its pixels are a square of RGB, a multiple of ${side} a side: received ${pixels.length} bytes`,
  );
}
