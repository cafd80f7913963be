import type { Region } from "../slide/slide.ts";
import { DeepZoom, type LayerSource } from "./deep_zoom.ts";
import { assertEquals, assertRejects } from "@std/assert";

/** A picture whose red, green and blue say column, row and level. */
function source(
  sizes: readonly (readonly [number, number])[],
): LayerSource & { readonly read: number[] } {
  const [[width, height]] = sizes;
  const levels = sizes.map((size) => ({
    width: size[0],
    height: size[1],
    downsample: width / size[0],
  }));
  const read: number[] = [];
  return {
    width,
    height,
    levels,
    read,
    readRegion(region: Region, { level = 0 } = {}) {
      read.push(region.width * region.height);
      const pixels = new Uint8Array(region.width * region.height * 3);
      for (let i = 0; i < region.width * region.height; i++) {
        const x = region.x + i % region.width;
        const y = region.y + Math.floor(i / region.width);
        if (x >= levels[level].width || y >= levels[level].height) {
          throw new Error(`outside: ${x}, ${y}`);
        }
        pixels.set([x % 256, y % 256, level], i * 3);
      }
      return Promise.resolve(pixels);
    },
  };
}

Deno.test("DeepZoom gives the finest zoom as it is, and half of it a zoom above", async () => {
  const zooms = new DeepZoom(source([[1000, 700]]));
  assertEquals([zooms.minZoom, zooms.maxZoom], [9, 10]);
  assertEquals(zooms.tiles(10), { columns: 2, rows: 2 });
  assertEquals(zooms.tiles(9), { columns: 1, rows: 1 });
  assertEquals(zooms.tiles(8), { columns: 0, rows: 0 });
  const right = await zooms.read(10, { column: 1, row: 1 });
  assertEquals([right.width, right.height], [488, 188]);
  assertEquals([...right.pixels.slice(0, 3)], [0, 0, 0]); // 512 of 256
  const whole = await zooms.read(9, { column: 0, row: 0 });
  assertEquals([whole.width, whole.height], [500, 350]);
  // The mean of columns 2 and 3, rows 2 and 3, rounded.
  assertEquals([...whole.pixels.slice((500 + 1) * 3, (500 + 1) * 3 + 3)], [
    3,
    3,
    0,
  ]);
});

Deno.test("DeepZoom takes the next finer level of a pyramid", async () => {
  const zooms = new DeepZoom(source([[4096, 4096], [1024, 1024]]));
  const levels: number[] = [];
  for (let zoom = zooms.minZoom; zoom <= zooms.maxZoom; zoom++) {
    const { pixels } = await zooms.read(zoom, { column: 0, row: 0 });
    levels.push(pixels[2]);
  }
  assertEquals(zooms.minZoom, 9);
  assertEquals(levels, [1, 1, 0, 0]); // 512, 1024, 2048, 4096
});

Deno.test("DeepZoom never reads more than 1024 rows of 4096 pixels at a time, with or without a pyramid", async () => {
  const picture = source([[20_000, 9_000]]);
  const zooms = new DeepZoom(picture);
  assertEquals(zooms.maxZoom - zooms.minZoom, 3); // 8 × 8 pixels in one
  await zooms.read(zooms.minZoom, { column: 1, row: 0 });
  assertEquals(picture.read, [
    4096 * 1024,
    4096 * 1024,
    4096 * 1024,
    4096 * 1024,
  ]);
});

for (
  const [width, height] of [[1, 1], [513, 1], [1, 1025], [1027, 515], [3, 2000]]
) {
  Deno.test(`DeepZoom covers ${width}×${height} at every zoom, and stays inside`, async () => {
    const zooms = new DeepZoom(
      source([[width, height], [
        Math.ceil(width / 2.01),
        Math.ceil(height / 2.01),
      ]]),
    );
    for (let zoom = zooms.minZoom; zoom <= zooms.maxZoom; zoom++) {
      const { columns, rows } = zooms.tiles(zoom);
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const tile = await zooms.read(zoom, { column, row });
          assertEquals(tile.pixels.length, tile.width * tile.height * 3);
          sum += tile.width * tile.height;
        }
      }
      const scale = 2 ** (zooms.maxZoom - zoom);
      assertEquals(sum, Math.ceil(width / scale) * Math.ceil(height / scale));
    }
  });
}

Deno.test("DeepZoom gives tiles pixels of their neighbors, and none outside of the picture", async () => {
  const zooms = new DeepZoom(source([[1100, 600]]), { overlap: 8 });
  const placed = async (column: number, row: number) => {
    const tile = await zooms.read(11, { column, row });
    return [tile.pixels[0], tile.pixels[1], tile.width, tile.height];
  };
  assertEquals(await placed(0, 0), [0, 0, 520, 520]);
  assertEquals(await placed(1, 1), [504 % 256, 504 % 256, 528, 96]);
  assertEquals(await placed(2, 0), [1016 % 256, 0, 84, 520]);
});

Deno.test("DeepZoom refuses tiles that are not there", async () => {
  const zooms = new DeepZoom(source([[600, 600]]));
  for (const place of [{ column: 2, row: 0 }, { column: 0, row: -1 }]) {
    await assertRejects(() => zooms.read(10, place), RangeError, "2 × 2");
  }
});
