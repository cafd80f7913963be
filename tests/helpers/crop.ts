/** What a region of a picture holds, by the plainest loop: RGB, with `fill` outside. */
export function crop(
  pixels: Uint8Array,
  size: { width: number; height: number },
  region: { x: number; y: number; width: number; height: number; fill: number },
): Uint8Array {
  const out = new Uint8Array(region.width * region.height * 3).fill(
    region.fill,
  );
  for (let y = 0; y < region.height; y++) {
    for (let x = 0; x < region.width; x++) {
      const [sx, sy] = [region.x + x, region.y + y];
      if (sx < 0 || sy < 0 || sx >= size.width || sy >= size.height) continue;
      const from = (sy * size.width + sx) * 3;
      out.set(pixels.subarray(from, from + 3), (y * region.width + x) * 3);
    }
  }
  return out;
}
