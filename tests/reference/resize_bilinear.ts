/** Bilinear resize of each of `planes` planes, as PyTorch's `interpolate(mode="bilinear", align_corners=False)`. */
export function resizeBilinear(
  input: ArrayLike<number>,
  { planes = 1, from: [height, width], to: [outHeight, outWidth] }: {
    readonly planes?: number;
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
  },
): Float64Array {
  const result = new Float64Array(planes * outHeight * outWidth);
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    const pixel = (y: number, x: number) =>
      input[(plane * height + y) * width + x];
    for (let y = 0; y < outHeight; y++) {
      const [top, bottom, v] = source(y, { from: height, to: outHeight });
      for (let x = 0; x < outWidth; x++) {
        const [left, right, u] = source(x, { from: width, to: outWidth });
        result[at++] = (1 - v) *
            ((1 - u) * pixel(top, left) + u * pixel(top, right)) +
          v * ((1 - u) * pixel(bottom, left) + u * pixel(bottom, right));
      }
    }
  }
  return result;
}

/** The two neighbors of an output's place in the input, and how far it lies towards the second. */
function source(
  i: number,
  { from, to }: { readonly from: number; readonly to: number },
): [low: number, high: number, fraction: number] {
  const place = Math.max((i + 0.5) * from / to - 0.5, 0);
  const low = Math.floor(place);
  return [low, Math.min(low + 1, from - 1), place - low];
}
