import { assert, assertEquals } from "@std/assert";
import { decode } from "fast-png";
import { fromArrayBuffer } from "geotiff";
import { colorsOf, rgbOf } from "../io/classes.ts";
import { clipTile } from "./clip_tile.ts";
import type { MaskBand, MaskSink } from "./mask_band.ts";
import { Overview } from "./pictures/overview.ts";
import { PngSink } from "./pictures/png_sink.ts";
import { ObjectSink } from "./polygons/object_sink.ts";
import { stitchBands } from "./stitch/stitch_bands.ts";
import { TiffSink } from "./tiff/tiff_sink.ts";
import { writeBands } from "./write_mask.ts";

const [width, height] = [70, 53];
const classes = [{ name: "a" }, { name: "b" }, { name: "c" }];
const random = (i: number) => Math.imul(i + 1, 2654435761) >>> 16;
/** Patches of three classes and background that touch each other, with some lone pixels. */
const mask = Uint8Array.from({ length: width * height }, (_, i) => {
  const [x, y] = [i % width, Math.floor(i / width)];
  const patch = random(Math.floor(x / 7) + 31 * Math.floor(y / 5)) % 4;
  return random(i) % 23 === 0 ? random(i) % 4 : patch;
});

/** The mask in bands of some rows. */
async function* bands(rows: number): AsyncGenerator<MaskBand> {
  for (let y = 0; y < height; y += rows) {
    const count = Math.min(rows, height - y);
    const part = mask.subarray(y * width, (y + count) * width);
    yield { y, width, height: count, mask: part };
  }
}

async function written(
  make: (path: string) => MaskSink,
  suffix: string,
  rows = 16,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = await Deno.makeTempFile({ suffix });
  try {
    await writeBands(bands(rows), [make(path)]);
    return await Deno.readFile(path);
  } finally {
    await Deno.remove(path);
  }
}

/** The most frequent class of a block other than background, the first of several; 0 if there is none. */
function mostIn(
  values: Uint8Array,
  stride: number,
  { x, y, side }: { x: number; y: number; side: number },
): number {
  const rows = values.length / stride;
  const counts = [0, 0, 0, 0];
  for (let v = y; v < Math.min(rows, y + side); v++) {
    for (let u = x; u < Math.min(stride, x + side); u++) {
      counts[values[v * stride + u]]++;
    }
  }
  counts[0] = 0;
  return counts.indexOf(Math.max(...counts));
}

Deno.test("TiffSink gives a pixel of a smaller level the class of most of its four", async () => {
  const bytes = await written(
    (path) => new TiffSink(path, { width, height, classes, tileSize: 16 }),
    ".tif",
  );
  const file = await fromArrayBuffer(bytes.buffer);
  const [full, half] = await Promise.all([0, 1].map(async (level) => {
    const image = await file.getImage(level);
    const [values] = await image.readRasters() as unknown as [Uint8Array];
    return { values, width: image.getWidth() };
  }));
  assertEquals(full.values, mask);
  assertEquals(half.width, 35);
  const expected = half.values.map((_, i) => {
    const [x, y] = [i % 35 * 2, Math.floor(i / 35) * 2];
    return mostIn(mask, width, { x, y, side: 2 });
  });
  // The last row is repeated, which changes no majority.
  assertEquals(half.values, expected);
});

Deno.test("PngSink gives a pixel the class that covers most of it, in its color", async () => {
  const bytes = await written(
    (path) => new PngSink(path, { width, height, classes, maxSide: 24 }),
    ".png",
  );
  const { data, palette, width: columns } = decode(bytes);
  assertEquals(columns, 24);
  assertEquals(
    Uint8Array.from(data),
    Uint8Array.from(data, (_, i) => {
      const [x, y] = [i % 24 * 3, Math.floor(i / 24) * 3];
      return mostIn(mask, width, { x, y, side: 3 });
    }),
  );
  const colors = colorsOf(classes).map((color) => [...rgbOf(color)]);
  assertEquals(palette?.slice(0, 4), [[0, 0, 0], ...colors]);
});

Deno.test("Overview draws each class in its color, and a line between classes that touch", () => {
  const overview = new Overview({ width: 8, height: 4, classes });
  const halves = Uint8Array.from({ length: 32 }, (_, i) => i % 8 < 4 ? 1 : 3);
  overview.write({ y: 0, width: 8, height: 4, mask: halves });
  overview.close();
  const [a, , c] = colorsOf(classes).map(rgbOf);
  const tint = Math.round(0.35 * 255);
  const row = overview.outlineRow(1);
  const pixels = Array.from(
    { length: 8 },
    (_, x) => [...row.subarray(x * 4, x * 4 + 4)],
  );
  assertEquals(pixels, [
    ...[0, 1, 2].map(() => [...a, tint]),
    ...[[...a, 255], [...c, 255]],
    ...[0, 1, 2].map(() => [...c, tint]),
  ]);
});

Deno.test("ObjectSink writes the same objects of classes whatever the bands", async () => {
  const of = async (rows: number) =>
    new TextDecoder().decode(
      await written(
        (geojson) => new ObjectSink({ geojson }, { width, height, classes }),
        ".geojson",
        rows,
      ),
    );
  const expected = await of(height);
  for (const rows of [1, 7]) assertEquals(await of(rows), expected);
  const { features } = JSON.parse(expected);
  const names = features.map((
    { properties }: { properties: { classification: { name: string } } },
  ) => properties.classification.name);
  assertEquals(new Set(names), new Set(["a", "b", "c"]));
  const bottoms = features.map((
    { geometry }: { geometry: { coordinates: number[][][] } },
  ) => Math.max(...geometry.coordinates[0].map(([, y]) => y)));
  assertEquals(bottoms, bottoms.toSorted((a: number, b: number) => a - b));
});

Deno.test("stitchBands() joins the probabilities of each class", async () => {
  const side = 8;
  const plane = (k: number, index: number) =>
    Uint8Array.from(
      { length: side * side },
      (_, i) => random(i + 100 * k + 7 * index) % 256,
    );
  async function* tiles() {
    for (const index of [0, 1]) {
      yield {
        tile: {
          ...{ index, column: index, row: 0, x: index * side - 2, y: 0 },
          ...{ size: side, expansion: 0, downsample: 1 },
        },
        mask: new Uint8Array(side * side),
        probabilities8: [plane(0, index), plane(1, index)],
      };
    }
  }
  const found: number[][] = [[], []];
  for await (const band of stitchBands(tiles(), { width: 13, height: 11 })) {
    const planes = band.probabilities8 ??
      [0, 1].map(() => new Uint8Array(band.mask.length));
    assertEquals(planes.length, 2);
    for (const k of [0, 1]) found[k].push(...planes[k]);
  }
  for (const k of [0, 1]) {
    assertEquals(
      found[k],
      Array.from({ length: 13 * 11 }, (_, i) => {
        const [x, y] = [i % 13 + 2, Math.floor(i / 13)];
        return y < side ? plane(k, x >> 3)[y * side + x % 8] : 0;
      }),
    );
  }
  assert(found[0].some((value, i) => value !== found[1][i]));
});

Deno.test("clipTile() clears the probabilities of each class outside of a region", () => {
  const tile = {
    ...{ index: 0, column: 0, row: 0, x: 0, y: 0 },
    ...{ size: 2, expansion: 0, downsample: 1 },
  };
  const planes = [[10, 20, 30, 40], [4, 3, 2, 1]].map((values) =>
    Uint8Array.from(values)
  );
  const clipped = {
    ...{ tile, mask: Uint8Array.of(1, 2, 1, 2) },
    probability8: planes[0].slice(),
    probabilities8: planes,
  };
  clipTile(clipped, Uint8Array.of(1, 0, 0, 1));
  assertEquals([...clipped.mask], [1, 0, 0, 2]);
  assertEquals(planes.map((plane) => [...plane]), [[10, 0, 0, 40], [
    4,
    0,
    0,
    1,
  ]]);
});
