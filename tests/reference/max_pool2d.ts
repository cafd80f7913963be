/** Maximum over square windows of each of `planes` planes; padding never wins. */
export function maxPool2d(
  input: Float32Array,
  { planes, size: [height, width], kernel, stride, padding }: {
    readonly planes: number;
    readonly size: readonly [number, number];
    readonly kernel: number;
    readonly stride: number;
    readonly padding: number;
  },
): Float32Array {
  const result: number[] = [];
  for (let plane = 0; plane < planes; plane++) {
    for (let y = -padding; y + kernel <= height + padding; y += stride) {
      for (let x = -padding; x + kernel <= width + padding; x += stride) {
        let best = -Infinity;
        for (let iy = Math.max(y, 0); iy < Math.min(y + kernel, height); iy++) {
          for (
            let ix = Math.max(x, 0);
            ix < Math.min(x + kernel, width);
            ix++
          ) {
            best = Math.max(best, input[(plane * height + iy) * width + ix]);
          }
        }
        result.push(best);
      }
    }
  }
  return Float32Array.from(result);
}
