import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { MaskBand } from "../mask_band.ts";
import { stitchBands, type TileMask } from "./stitch_bands.ts";
import {
  type Mask,
  randomMask,
  streamed,
} from "../../../tests/helpers/masks.ts";

/** Cuts a mask into the centered grid's tiles, padding with ones to see that they are cut off again. */
function tilesOf(
  { mask, width, height }: Mask,
  size: number,
  downsample: number,
): TileMask[] {
  const side = size * downsample;
  const columns = Math.ceil(width / side), rows = Math.ceil(height / side);
  const left = -Math.floor((columns * side - width) / 2),
    top = -Math.floor((rows * side - height) / 2);
  return Array.from({ length: columns * rows }, (_, index) => {
    const column = index % columns, row = Math.floor(index / columns);
    const tile = {
      index,
      column,
      row,
      x: left + column * side,
      y: top + row * side,
      size,
      expansion: 4,
      downsample,
    };
    const pixels = Uint8Array.from({ length: side * side }, (_, i) => {
      const x = tile.x + i % side, y = tile.y + Math.floor(i / side);
      return x < 0 || y < 0 || x >= width || y >= height
        ? 1
        : mask[y * width + x];
    });
    return { tile, mask: pixels };
  });
}

/** Copies of all bands, since they share their arrays. */
async function collected(bands: AsyncIterable<MaskBand>): Promise<MaskBand[]> {
  const copies: MaskBand[] = [];
  for await (const band of bands) copies.push(structuredClone(band));
  return copies;
}

function joined(bands: MaskBand[], { width, height }: Mask): Uint8Array {
  const mask = new Uint8Array(width * height);
  let y = 0;
  for (const band of bands) {
    assertEquals([band.y, band.width, band.mask.length], [
      y,
      width,
      width * band.height,
    ]);
    mask.set(band.mask, y * width);
    y += band.height;
  }
  assertEquals(y, height);
  return mask;
}

for (const [width, height] of [[1, 1], [7, 5], [8, 16], [31, 33]]) {
  Deno.test(`stitchBands() puts tiles of ${width} × ${height} together`, async () => {
    const mask = randomMask(width, height, { seed: width, density: 0.5 });
    for (const [size, downsample] of [[8, 1], [4, 2], [3, 3]]) {
      const bands = await collected(
        stitchBands(streamed(tilesOf(mask, size, downsample)), {
          width,
          height,
        }),
      );
      assertEquals(joined(bands, mask), mask.mask);
    }
  });
}

Deno.test("stitchBands() leaves absent tiles zero, in bands of 256 rows at most", async () => {
  const size = { width: 40, height: 5000 };
  const mask = { ...size, mask: new Uint8Array(40 * 5000).fill(1) };
  const tiles = tilesOf(mask, 20, 1).filter(({ tile }) =>
    tile.row === 125 && tile.column === 1
  );
  const bands = await collected(stitchBands(streamed(tiles), size));
  assertEquals(
    bands.map(({ height }) => height),
    [...Array(9).fill(256), 196, 20, ...Array(9).fill(256), 176],
  );
  const expected = new Uint8Array(mask.mask.length);
  for (let y = 2500; y < 2520; y++) expected.fill(1, y * 40 + 20, y * 40 + 40);
  assertEquals(joined(bands, mask), expected);
  const none = await collected(
    stitchBands(streamed([]), { width: 3, height: 2 }),
  );
  assertEquals(none, [{ y: 0, width: 3, height: 2, mask: new Uint8Array(6) }]);
});

Deno.test("stitchBands() passes probabilities as bytes", async () => {
  const [first, second] = tilesOf(
    { mask: new Uint8Array(8), width: 4, height: 2 },
    2,
    1,
  );
  const tiles = [first, {
    ...second,
    probability: new Float32Array([0, 0.2, 0.5, 1]),
  }, {
    ...first,
    tile: { ...first.tile, row: 1, y: 2 },
    probability8: new Uint8Array([1, 2, 3, 4]),
  }];
  const bands = await collected(
    stitchBands(streamed(tiles), { width: 4, height: 5 }),
  );
  assertEquals(bands.map(({ probability8 }) => probability8), [
    new Uint8Array([0, 0, 0, 51, 0, 0, 128, 255]),
    new Uint8Array([1, 2, 0, 0, 3, 4, 0, 0]),
    undefined,
  ]);
});

Deno.test("stitchBands() pulls one row and one tile for a band, and ends its source", async () => {
  const mask = randomMask(8, 8, { seed: 3, density: 0.5 });
  let pulled = 0, ended = false;
  const tiles = tilesOf(mask, 2, 1).map((tile) => ({
    ...tile,
    get mask() {
      pulled = tile.tile.index + 1;
      return tile.mask;
    },
  }));
  const bands = stitchBands(streamed(tiles, () => ended = true), mask);
  await bands.next();
  assertEquals(pulled, 5);
  await bands.return();
  assert(ended);
});

Deno.test("stitchBands() stops on a signal", async () => {
  const controller = new AbortController();
  let ended = false;
  const tiles = tilesOf(randomMask(8, 8, { seed: 3, density: 0.5 }), 2, 1);
  const options = { width: 8, height: 8, signal: controller.signal };
  const bands = stitchBands(streamed(tiles, () => ended = true), options);
  await bands.next();
  controller.abort(new Error("enough"));
  await assertRejects(() => bands.next(), Error, "enough");
  assert(ended);
});

Deno.test("stitchBands() refuses wrong sizes and orders", async () => {
  assertThrows(
    () => stitchBands(streamed([]), { width: 0, height: 1 }),
    RangeError,
    "positive integer, received 0",
  );
  const tiles = tilesOf(randomMask(4, 4, { seed: 1, density: 0.5 }), 2, 1);
  const all = (list: TileMask[]) =>
    Array.fromAsync(stitchBands(streamed(list), { width: 4, height: 4 }));
  await assertRejects(
    () => all([tiles[2], tiles[0]]),
    RangeError,
    "row by row",
  );
  await assertRejects(
    () => all([{ ...tiles[0], mask: new Uint8Array(3) }]),
    RangeError,
    "2 × 2 pixels are needed",
  );
});

Deno.test("stitchBands() keeps the probabilities of objects, and drops those far from any where it may", async () => {
  const side = 600;
  const tile = { index: 0, column: 0, row: 0, x: 0, y: 0, size: side };
  const mask = new Uint8Array(side * side);
  mask[5] = 1;
  const probability8 = new Uint8Array(side * side).fill(7);
  async function* predictions() {
    yield {
      tile: { ...tile, expansion: 0, downsample: 1 },
      mask,
      probability8,
    };
  }
  for (const probability of ["everywhere", "objects"] as const) {
    const size = { width: side, height: side };
    const bands = stitchBands(predictions(), { ...size, probability });
    const whole = new Uint8Array(side * side);
    for await (const { y, probability8 } of bands) {
      whole.set(probability8!, y * side);
    }
    const far = probability === "objects" ? 0 : 7;
    assertEquals([whole[5], whole[599], whole[599 * 600]], [7, far, far]);
  }
});

Deno.test("stitchBands() keeps bands of a wide slide within a mebibyte, and at least a row", async () => {
  for (
    const [width, expected] of [[300_000, [3, 3, 1]], [2 ** 19, [2, 2, 2, 1]], [
      2 ** 20 + 1,
      Array(7).fill(1),
    ]] as const
  ) {
    const bands = await collected(
      stitchBands(streamed([]), { width, height: 7 }),
    );
    assertEquals(bands.map(({ height }) => height), expected);
  }
});
