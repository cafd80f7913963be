import type { Flip } from "../../src/kernels/tile.ts";

/** A square picture of `side` pixels of `channels` values, mirrored. */
export function flip<T extends Uint8Array | Float32Array>(
  values: T,
  { side, channels = 1, horizontal, vertical }: Flip & {
    readonly side: number;
    readonly channels?: number;
  },
): T {
  const result = values.slice() as T;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const sourceY = vertical ? side - 1 - y : y;
      const sourceX = horizontal ? side - 1 - x : x;
      for (let c = 0; c < channels; c++) {
        result[(y * side + x) * channels + c] =
          values[(sourceY * side + sourceX) * channels + c];
      }
    }
  }
  return result;
}
