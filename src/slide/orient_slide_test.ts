import { assertEquals } from "@std/assert";
import { orientSlide } from "./orient_slide.ts";
import type { OpenedSlide, Region } from "./slide.ts";

/** A white slide that is black within its bounds. */
function fakeSlide(width: number, height: number, bounds: Region): OpenedSlide {
  return {
    ...{ name: "fake", width, height, bounds, associated: [] },
    levels: [{ width, height, downsample: 1 }],
    readAssociated: () => Promise.reject(new Error("it has none")),
    readRegion(region): Promise<Uint8Array> {
      const pixels = new Uint8Array(region.width * region.height * 3).fill(255);
      for (let i = 0; i < pixels.length; i++) {
        const x = region.x + Math.floor(i / 3) % region.width - bounds.x;
        const y = region.y + Math.floor(i / 3 / region.width) - bounds.y;
        const isIn = x >= 0 && x < bounds.width && y >= 0 && y < bounds.height;
        if (isIn) pixels[i] = 0;
      }
      return Promise.resolve(pixels);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

Deno.test("orientSlide() turns bounds with the pixels", async () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const stored = fakeSlide(7, 5, { x: 1, y: 0, width: 4, height: 2 });
    await using slide = orientSlide(stored, orientation);
    const { width, height } = slide;
    const pixels = await slide.readRegion({ x: 0, y: 0, width, height });
    const black = [...pixels.keys()].filter((i) => pixels[i] === 0);
    const xs = black.map((i) => Math.floor(i / 3) % width);
    const ys = black.map((i) => Math.floor(i / 3 / width));
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    assertEquals(slide.bounds, {
      ...{ x, y },
      width: Math.max(...xs) + 1 - x,
      height: Math.max(...ys) + 1 - y,
    }, `orientation ${orientation}`);
  }
});
