import { readSafetensors } from "../weights/read_safetensors.ts";
import { keepTissue, saturation8 } from "./keep_tissue.ts";
import type { Tile } from "./plan_tiles.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("saturation8() equals OpenCV", async () => {
  const golden = new URL("../../tests/golden/ops.safetensors", import.meta.url);
  const tensors = readSafetensors(await Deno.readFile(golden));
  const image = tensors.get("hsv_saturation/u8/image")!.data;
  const expected = tensors.get("hsv_saturation/u8/saturation")!.data;
  const found = Uint8Array.from(expected, (_, i) => saturation8(image, i * 3));
  assertEquals(found, new Uint8Array(expected));
});

Deno.test("saturation8() is 0 for gray and black, 255 for pure colors", () => {
  const colors = [[0, 0, 0], [255, 255, 255], [90, 90, 90], [1, 0, 0], [
    0,
    255,
    0,
  ]];
  assertEquals(colors.map((color) => saturation8(color)), [0, 0, 0, 255, 255]);
});

/** A tile of 64 px and 32 px of expansion whose first pixels after downsampling have a color, the rest another. */
function makeTile(
  index: number,
  options: {
    count: number;
    color: number[];
    rest?: number[];
    downsample?: number;
  },
): Tile {
  const { count, color, rest = [255, 255, 255], downsample = 2 } = options;
  const [size, expansion] = [64, 32];
  const side = (size + expansion) * downsample;
  const pixels = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)].map((at) =>
      Math.floor(at / downsample)
    );
    pixels.set(y * (size + expansion) + x < count ? color : rest, i * 3);
  }
  return {
    index,
    column: index,
    row: 0,
    x: 0,
    y: 0,
    size,
    expansion,
    downsample,
    pixels,
  };
}

async function* from(tiles: Tile[]): AsyncGenerator<Tile> {
  yield* tiles;
}

async function kept(tiles: Tile[], options = {}): Promise<number[]> {
  return (await Array.fromAsync(keepTissue(from(tiles), options))).map((
    { index },
  ) => index);
}

// 1000·(64/256)² = 62.5 pixels.
const pink = [200, 100, 150]; // saturation 128
const pale = [200, 169, 180]; // saturation 40

Deno.test("keepTissue() keeps a tile from one pixel above the threshold on", async () => {
  for (const downsample of [1, 2, 3]) {
    const tiles = [0, 62, 63, 9216].map((count, i) =>
      makeTile(i, { count, color: pink, downsample })
    );
    assertEquals(await kept(tiles), [2, 3]);
  }
});

Deno.test("keepTissue() counts saturation above the limit, not at it", async () => {
  const tiles = [makeTile(0, { count: 9216, color: pale })];
  assertEquals(await kept(tiles), []);
  assertEquals(await kept(tiles, { saturation: 39 }), [0]);
});

Deno.test("keepTissue() leaves out tiles that are all but black", async () => {
  const black = { rest: [0, 0, 0] };
  // Saturated, but with a sum of at most 62.5; then with more.
  const dark = makeTile(0, {
    ...black,
    count: 62,
    color: [1, 0, 0],
    downsample: 1,
  });
  const lighter = makeTile(1, {
    ...black,
    count: 63,
    color: [1, 0, 0],
    downsample: 1,
  });
  assertEquals(await kept([dark, lighter]), [1]);
});

Deno.test("keepTissue() leaves out tiles of at most as many pixels of tissue as it is told, of each 256²", async () => {
  const tiles = [99, 100, 101].map((count, i) =>
    makeTile(i, { count, color: pink })
  );
  const { size } = tiles[0];
  const pixels = 100 / (size / 256) ** 2;
  assertEquals(await kept(tiles, { pixels }), [2]);
  assertEquals(await kept(tiles, { pixels: pixels - 0.1 }), [1, 2]);
  assertEquals(await kept(tiles, { pixels: 0 }), [0, 1, 2]);
});

Deno.test("keepTissue() reports what it leaves out, in order", async () => {
  const skipped: number[] = [];
  const tiles = [0, 100, 0, 100].map((count, i) =>
    makeTile(i, { count, color: pink })
  );
  const onSkip = (tile: Tile): void => void skipped.push(tile.index);
  assertEquals(await kept(tiles, { onSkip }), [1, 3]);
  assertEquals(skipped, [0, 2]);
});

Deno.test("keepTissue() ends its source when it is ended", async () => {
  let ended = false;
  async function* source(): AsyncGenerator<Tile> {
    try {
      yield* [1, 2, 3].map((i) => makeTile(i, { count: 100, color: pink }));
    } finally {
      ended = true;
    }
  }
  for await (const _ of keepTissue(source())) break;
  assertEquals(ended, true);
});

Deno.test("keepTissue() checks its arguments at the call", () => {
  for (const pixels of [-1, NaN]) {
    assertThrows(() => keepTissue(from([]), { pixels }), RangeError, "0 or");
  }
  for (const saturation of [-1, 256, NaN]) {
    assertThrows(
      () => keepTissue(from([]), { saturation }),
      RangeError,
      "0 to 255",
    );
  }
});
