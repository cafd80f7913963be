import { assertEquals } from "@std/assert";
import type { Slide } from "../slide/slide.ts";
import { readPicture } from "./read_picture.ts";

/** A slide whose pixels have their column in red, their row in green, at level 0; and the level in blue. */
function slideOf(width: number, height: number, ...scales: number[]): Slide {
  return {
    ...{ name: "ramp", width, height },
    levels: scales.map((downsample) => ({
      width: Math.ceil(width / downsample),
      height: Math.ceil(height / downsample),
      downsample,
    })),
    readRegion(region, { level = 0, fill = 255 } = {}) {
      const scale = scales[level];
      const data = new Uint8Array(region.width * region.height * 3).fill(fill);
      for (let y = 0; y < region.height; y++) {
        for (let x = 0; x < region.width; x++) {
          const [left, top] = [region.x + x, region.y + y];
          if (left < 0 || top < 0) continue;
          if (left * scale >= width || top * scale >= height) continue;
          const pixel = [left * scale, top * scale, level];
          data.set(pixel, (y * region.width + x) * 3);
        }
      }
      return Promise.resolve(data);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const at = (
  { data, width }: { data: Uint8Array; width: number },
  x: number,
  y: number,
) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];

Deno.test("readPicture() averages blocks of level 0, white outside of the slide", async () => {
  const slide = slideOf(200, 100, 1);
  const region = { x: 10, y: -4, width: 16, height: 8 };
  const picture = await readPicture(slide, region, { scale: 4 });
  assertEquals([picture.x, picture.y], [10, -4]);
  assertEquals([picture.width, picture.height], [4, 2]);
  assertEquals(at(picture, 1, 0), [255, 255, 255]);
  assertEquals(at(picture, 1, 1), [16, 2, 0]); // means of 14 to 17, and of 0 to 3
});

Deno.test("readPicture() reads the coarsest level that is fine enough, piece by piece", async () => {
  const slide = slideOf(240, 120, 1, 4, 16);
  const whole = { x: 0, y: 0, width: 240, height: 120 };
  const picture = await readPicture(slide, whole, { scale: 8 });
  assertEquals([picture.width, picture.height], [30, 15]);
  assertEquals(at(picture, 3, 2), [26, 18, 1]); // 24 and 28, 16 and 20
  const region = { x: 30, y: 9, width: 24, height: 24 };
  const { x, y } = await readPicture(slide, region, { scale: 8 });
  assertEquals([x, y], [28, 8]); // whole pixels of the level
  // More than one piece: 2048 px each.
  const wide = slideOf(5000, 5, 1);
  const long = { x: 0, y: 0, width: 5000, height: 5 };
  const line = await readPicture(wide, long, { scale: 5 });
  assertEquals(line.width, 1000);
  assertEquals(at(line, 999, 0)[0], Math.round(4997 % 256));
});
