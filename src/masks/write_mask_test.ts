import { assertEquals, assertRejects } from "@std/assert";
import { fromArrayBuffer } from "geotiff";
import type { TileMask } from "./stitch/stitch_bands.ts";
import { writeMask } from "./write_mask.ts";
import { namesIn, streamed, withFolder } from "../../tests/helpers/masks.ts";

function tile(index: number, x: number, y: number): TileMask {
  const position = {
    index,
    column: index % 2,
    row: Math.floor(index / 2),
    x,
    y,
    size: 4,
    expansion: 2,
    downsample: 2,
  };
  return {
    tile: position,
    mask: Uint8Array.from({ length: 64 }, (_, i) => i % 3 === 0 ? 1 : 0),
  };
}

Deno.test("writeMask() writes a slide's tiles as one TIFF", async () => {
  await withFolder(async (folder) => {
    const tiles = [tile(0, -1, -2), tile(3, 7, 6)];
    await writeMask(`${folder}/a.tif`, {
      width: 14,
      height: 12,
      mpp: { x: 1, y: 1 },
    }, streamed(tiles));
    const image = await (await fromArrayBuffer(
      (await Deno.readFile(`${folder}/a.tif`)).buffer,
    )).getImage();
    const data = await image.readRasters({ interleave: true });
    const expected = Array.from({ length: 14 * 12 }, (_, at) => {
      const x = at % 14, y = Math.floor(at / 14);
      const [left, top] = x < 7 ? [-1, -2] : [7, 6];
      if (x < 7 ? y >= 6 : y < 6) return 0;
      return ((y - top) * 8 + x - left) % 3 === 0 ? 255 : 0;
    });
    assertEquals(Array.from(data as Uint8Array), expected);
  });
});

Deno.test("writeMask() leaves nothing on a signal or an error", async () => {
  await withFolder(async (folder) => {
    const controller = new AbortController();
    let ended = 0;
    async function* tiles(): AsyncGenerator<TileMask> {
      try {
        yield tile(0, 0, 0);
        yield tile(2, 0, 8);
        controller.abort(new Error("enough"));
        yield tile(4, 0, 16);
      } finally {
        ended++;
      }
    }
    const slide = { width: 8, height: 24 };
    const path = `${folder}/a.tif`;
    await assertRejects(
      () => writeMask(path, slide, tiles(), { signal: controller.signal }),
      Error,
      "enough",
    );
    await assertRejects(
      () => writeMask(path, slide, streamed([tile(2, 0, 8), tile(0, 0, 0)])),
      RangeError,
    );
    await assertRejects(
      () => writeMask(`${folder}/none/a.tif`, slide, tiles()),
      Error,
      "Cannot write",
    );
    assertEquals([namesIn(folder), ended], [[], 1]);
  });
});
