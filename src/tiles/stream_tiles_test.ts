import { noise } from "../../tests/helpers/noise.ts";
import type {
  ReadRegionOptions,
  Region,
  Slide,
  SlideLevel,
} from "../slide/slide.ts";
import { intersect } from "../slide/blocks.ts";
import { keepTissue } from "./keep_tissue.ts";
import { resampleArea } from "./area_downsample.ts";
import { planTiles, type Tile, tileSpan } from "./plan_tiles.ts";
import { readingFactor, readTile, streamTiles } from "./stream_tiles.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

/** A slide in memory that counts its reads. */
class FakeSlide implements Slide {
  readonly name = "fake";
  readonly levels = [];
  readonly pixels: Uint8Array;
  started = 0;
  underway = 0;

  constructor(readonly width: number, readonly height: number) {
    this.pixels = noise(width, height);
  }

  async readRegion(
    region: Region,
    { fill = 255, into, signal }: ReadRegionOptions = {},
  ): Promise<Uint8Array> {
    this.started++;
    this.underway++;
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, 2);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      });
      const out = into ?? new Uint8Array(region.width * region.height * 3);
      out.fill(fill);
      for (let i = 0; i < out.length; i++) {
        const x = region.x + Math.floor(i / 3) % region.width;
        const y = region.y + Math.floor(i / 3 / region.width);
        if (x < 0 || y < 0 || x >= this.width || y >= this.height) continue;
        out[i] = this.pixels[(y * this.width + x) * 3 + i % 3];
      }
      return out;
    } finally {
      this.underway--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Turns of the event loop, each long enough for a read: a machine under load may skip time, but not turns. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
const small = { size: 32, expansion: 0, downsample: 1 };

Deno.test("streamTiles() centers reassemble to the slide, whatever the sizes", async () => {
  for (const [width, height] of [[1, 1], [20, 33], [64, 64], [97, 65]]) {
    for (const [size, expansion] of [[32, 0], [16, 16], [64, 32], [62, 2]]) {
      for (const downsample of [1, 2, 3]) {
        const slide = new FakeSlide(width, height);
        const found = new Uint8Array(slide.pixels.length);
        const options = { size, expansion, downsample, readAhead: 2 };
        let index = 0;
        for await (const tile of streamTiles(slide, options)) {
          assertEquals(tile.index, index++);
          placeCenter(tile, slide, found);
        }
        assertEquals(found, slide.pixels);
      }
    }
  }
});

function placeCenter(tile: Tile, slide: FakeSlide, found: Uint8Array): void {
  const { x, y, size, expansion, downsample, pixels } = tile;
  const margin = expansion / 2 * downsample;
  const side = (size + expansion) * downsample;
  assertEquals(pixels.length, side * side * 3);
  for (let row = 0; row < size * downsample; row++) {
    for (let column = 0; column < size * downsample; column++) {
      const [sx, sy] = [x + column, y + row];
      if (sx < 0 || sy < 0 || sx >= slide.width || sy >= slide.height) continue;
      const from = ((row + margin) * side + column + margin) * 3;
      found.set(pixels.subarray(from, from + 3), (sy * slide.width + sx) * 3);
    }
  }
}

Deno.test("streamTiles() fills around the slide with white or black", async () => {
  for (const [fill, byte] of [["white", 255], ["black", 0]] as const) {
    const { value } = await streamTiles(new FakeSlide(4, 4), { ...small, fill })
      .next();
    const { pixels } = value as Tile;
    assertEquals([pixels[0], pixels.at(-1)], [byte, byte]);
  }
});

Deno.test("streamTiles() shows the neighbors in the expansion", async () => {
  const slide = new FakeSlide(64, 64);
  const { value } = await streamTiles(slide, {
    size: 32,
    expansion: 32,
    downsample: 1,
  }).next();
  const { pixels } = value as Tile;
  // The slide's pixel 47, 47 is the corner of the first tile's expansion.
  assertEquals(
    pixels.slice(-3),
    slide.pixels.slice((47 * 64 + 47) * 3, (47 * 64 + 47) * 3 + 3),
  );
});

Deno.test("streamTiles() reads no further ahead than it may", async () => {
  for (const readAhead of [0, 1, 3]) {
    const slide = new FakeSlide(32 * 10, 32);
    const tiles = streamTiles(slide, { ...small, readAhead });
    await settle();
    assertEquals(slide.started, 0);
    for (let taken = 1; taken <= 3; taken++) {
      await tiles.next();
      await settle();
      assertEquals([slide.started, slide.underway], [taken + readAhead, 0]);
    }
    await tiles.return();
  }
});

Deno.test("streamTiles() reads into arrays that the consumer has left, where it may", async () => {
  for (const downsample of [1, 2.5]) {
    const slide = new FakeSlide(130, 97);
    const options = { size: 16, expansion: 16, downsample };
    const expected = await Array.fromAsync(streamTiles(slide, options));
    const arrays = new Set<Uint8Array>();
    let index = 0;
    for await (const tile of streamTiles(slide, { ...options, reuse: true })) {
      arrays.add(tile.pixels);
      assertEquals(tile, expected[index++]);
    }
    assertEquals(index, expected.length);
    assertEquals(new Set(expected.map(({ pixels }) => pixels)).size, index);
    // One with the consumer, one that is being read.
    if (downsample === 1) assertEquals(arrays.size, 2);
  }
});

Deno.test("streamTiles() ends early without leaving a read behind", async () => {
  const slide = new FakeSlide(32 * 10, 32);
  for await (const tile of streamTiles(slide, { ...small, readAhead: 4 })) {
    if (tile.index === 1) break;
  }
  assertEquals(slide.underway, 0);
  assertEquals(slide.started, 6);
});

Deno.test("streamTiles() stops on its signal with the signal's reason", async () => {
  const slide = new FakeSlide(32 * 10, 32);
  const reason = new Error("enough");
  const controller = new AbortController();
  const tiles = streamTiles(slide, { ...small, signal: controller.signal });
  await tiles.next();
  const next = tiles.next();
  controller.abort(reason);
  assert(await assertRejects(() => next) === reason);
  assertEquals(slide.underway, 0);
  assertEquals(await tiles.next(), { done: true, value: undefined });
  const early = streamTiles(slide, {
    ...small,
    signal: AbortSignal.abort(reason),
  });
  assert(await assertRejects(() => early.next()) === reason);
});

Deno.test("streamTiles() passes on an error of the slide, after the tiles before it", async () => {
  const slide = new FakeSlide(32 * 10, 32);
  const read = slide.readRegion.bind(slide);
  slide.readRegion = (region, options) =>
    region.x >= 64
      ? Promise.reject(new SyntaxError("torn"))
      : read(region, options);
  const seen: number[] = [];
  await assertRejects(
    async () => {
      for await (const tile of streamTiles(slide, { ...small, readAhead: 3 })) {
        seen.push(tile.index);
      }
    },
    SyntaxError,
    "torn",
  );
  assertEquals(seen, [0, 1]);
  assertEquals(slide.underway, 0);
});

Deno.test("streamTiles() reads some rows of tiles, as they are among all", async () => {
  const slide = new FakeSlide(70, 100);
  const all = await Array.fromAsync(streamTiles(slide, small));
  const rows = [[0, 1], [1, 3], [3, 3], [3, 4]] as const;
  const parts = await Promise.all(
    rows.map((rows) => Array.fromAsync(streamTiles(slide, { ...small, rows }))),
  );
  assertEquals(parts.map(({ length }) => length), [3, 6, 0, 3]);
  assertEquals(parts.flat(), all);
  for (const rows of [[0, 5], [-1, 1], [2, 1], [0, 0.5]] as const) {
    assertThrows(() => streamTiles(slide, { ...small, rows }), RangeError);
  }
});

Deno.test("streamTiles() reads the tiles that are wanted, and no others", async () => {
  const slide = new FakeSlide(70, 100);
  const all = await Array.fromAsync(streamTiles(slide, small));
  const [before, rows] = [slide.started, [1, 4]] as const;
  const only = ({ column }: { readonly column: number }) => column === 1;
  const some = await Array.fromAsync(
    streamTiles(slide, { ...small, rows, only }),
  );
  assertEquals(some, all.filter(({ column, row }) => column === 1 && row > 0));
  assertEquals(slide.started - before, some.length);
});

Deno.test("streamTiles() checks its arguments at the call", () => {
  const slide = new FakeSlide(40, 40);
  assertThrows(
    () => streamTiles(slide, { expansion: 1 }),
    RangeError,
    "expansion must be even",
  );
  assertThrows(
    () => streamTiles(slide, { readAhead: -1 }),
    RangeError,
    "readAhead",
  );
  assertThrows(
    () => streamTiles(slide, { size: 65536 }),
    RangeError,
    "at most 1 GiB",
  );
  const fill = "gray" as "white";
  assertThrows(
    () => streamTiles(slide, { fill }),
    TypeError,
    'received "gray"',
  );
});

Deno.test("readTile() takes each pixel's whole area where pixels of the level do not divide the tile's", async () => {
  const slide = new FakeSlide(70, 70);
  // 1.3 pixels a tile pixel, rounded to whole ones a tile: 21 for 16.
  const [position] = planTiles(slide, {
    size: 16,
    expansion: 0,
    downsample: 1.3,
  });
  const side = tileSpan(position);
  assertEquals(side, 21);
  const [x, y] = [7, 11];
  const tile = await readTile(slide, {
    position: { ...position, x, y },
    level: 0,
    fill: 255,
  });
  const whole = { width: 70, height: 70, x, y, factor: 21 / 16, side: 16 };
  assertEquals(tile.pixels, resampleArea(slide.pixels, whole));
  // A quarter of a pixel further on, through a level whose pixels are 4 of the slide's.
  const levels = [{ width: 70, height: 70, downsample: 4 }];
  const coarse = Object.assign(new FakeSlide(70, 70), { levels });
  const further = { ...position, x: 29, y: 45, downsample: 5.25, size: 16 };
  const factor = tileSpan(further) / 64;
  const read = await readTile(coarse, {
    position: further,
    level: 0,
    fill: 255,
  });
  const shifted = { ...whole, x: 29 / 4, y: 45 / 4, factor };
  assertEquals(read.pixels, resampleArea(coarse.pixels, shifted));
});

Deno.test("readingFactor() calls tiles whole where level and tile are whole multiples", () => {
  const of = (downsample: number, scale: number) => {
    const levels = [{ width: 70, height: 70, downsample: scale }];
    const slide = Object.assign(new FakeSlide(70, 70), { levels });
    const [position] = planTiles(slide, { size: 16, expansion: 0, downsample });
    return readingFactor(slide, { position, level: 0 });
  };
  assertEquals(of(4, 1), { factor: 4, whole: true });
  assertEquals(of(4, 2), { factor: 2, whole: true });
  assertEquals(of(1.5, 1), { factor: 1.5, whole: false });
  assertEquals(of(3, 2), { factor: 1.5, whole: false });
  assertEquals(of(3, 1.5), { factor: 2, whole: false });
});

/** A slide of a background, with color within a box; its levels are the box reduced, each larger than it should be. */
class BoundedSlide implements Slide {
  readonly name = "bounded";
  readonly [Symbol.asyncDispose] = () => Promise.resolve();
  readonly width = 1000;
  readonly height = 800;
  readonly levels: readonly SlideLevel[] = [
    { width: 1000, height: 800, downsample: 1 },
    { width: 250, height: 200, downsample: 4 },
  ];
  readonly mpp = { x: 0.25, y: 0.25 };
  readonly box = { x: 304, y: 200, width: 200, height: 160 };
  /** Regions read, in their level's pixels. */
  readonly read: Region[] = [];
  readonly bounds?: Region;

  constructor(
    hasBounds: boolean,
    readonly background: readonly [number, number, number],
  ) {
    if (hasBounds) this.bounds = this.box;
  }

  readRegion(
    region: Region,
    { level = 0, fill = 255, into }: ReadRegionOptions = {},
  ): Promise<Uint8Array> {
    this.read.push(region);
    const { width, height, downsample } = this.levels[level];
    const off = level === 0 ? 0 : 1;
    const box = {
      x: this.box.x / downsample - off,
      y: this.box.y / downsample - off,
      width: this.box.width / downsample + 2 * off,
      height: this.box.height / downsample + 2 * off,
    };
    const pixels = into ?? new Uint8Array(region.width * region.height * 3);
    for (let i = 0; i < pixels.length; i++) {
      const x = region.x + Math.floor(i / 3) % region.width;
      const y = region.y + Math.floor(i / 3 / region.width);
      const here = { x, y, width: 1, height: 1 };
      const isOn = x >= 0 && y >= 0 && x < width && y < height;
      pixels[i] = !isOn
        ? fill
        : intersect(here, box)
        ? (x * 7 + y * 3 + i % 3 * 90) % 256
        : this.background[i % 3];
    }
    return Promise.resolve(pixels);
  }
}

const reading: readonly Parameters<typeof streamTiles>[1][] = [
  { size: 32, expansion: 16, downsample: 1 },
  { size: 32, expansion: 0, downsample: 2, fill: "black", reuse: true },
  { size: 32, expansion: 8, downsample: 1.3 },
  { size: 16, expansion: 8, mpp: 1, reuse: true, readAhead: 3 },
  { size: 16, expansion: 8, mpp: 1.7 },
];
for (const options of reading) {
  Deno.test(`streamTiles() reads what lies outside of the bounds once, with the same tiles: ${JSON.stringify(options)}`, async () => {
    for (const background of [[255, 255, 255], [240, 30, 20]] as const) {
      const [whole, bounded] = [false, true].map((hasBounds) =>
        new BoundedSlide(hasBounds, background)
      );
      const copy = ({ blank: _, ...tile }: Tile) => ({
        ...tile,
        pixels: tile.pixels.slice(),
      });
      const tilesOf = async (slide: Slide) => {
        const skipped: number[] = [];
        const kept: Tile[] = [];
        const all: Tile[] = [];
        const tiles = async function* (): AsyncGenerator<Tile> {
          for await (const tile of streamTiles(slide, options)) {
            all.push(copy(tile));
            yield tile;
          }
        };
        const tissue = keepTissue(tiles(), {
          onSkip: ({ index }) => skipped.push(index),
        });
        for await (const tile of tissue) kept.push(copy(tile));
        return { skipped, kept, all };
      };
      assertEquals(await tilesOf(bounded), await tilesOf(whole));
      const count = planTiles(whole, options).count;
      assertEquals(whole.read.length, count);
      assert(bounded.read.length < count * 0.7, `${bounded.read.length}`);
    }
  });
}
