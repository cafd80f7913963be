import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { get, open, type RangeQuery, root } from "zarrita";
import {
  addArray,
  addAttributes,
  addGroup,
  type ArraySpec,
  filesOf,
  makeZarr,
  type Picture,
  type Store,
  writeStore,
} from "../../../../tests/helpers/make_zarr.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import { inspectSlide } from "../../inspect_slide.ts";
import { openSlide } from "../../open_slide.ts";

/** Ragged: neither side is a multiple of the chunks'. */
const picture: Picture = { width: 37, height: 21, pixels: noise(37, 21) };

/** The same with 16 bits, of which the lower 8 are noise of another size. */
const wide: Picture = {
  ...picture,
  pixels: Uint16Array.from(
    noise(37, 21, 6).subarray(0, picture.pixels.length),
    (low, i) => picture.pixels[i] << 8 | low,
  ),
};

async function read(
  store: Store,
  options: Parameters<typeof openSlide>[1] & { readonly level?: number } = {},
): Promise<Uint8Array> {
  const { level = 0, ...opening } = options;
  await using slide = await openSlide(filesOf(store), opening);
  const { width, height } = slide.levels[level];
  return await slide.readRegion({ x: 0, y: 0, width, height }, { level });
}

/** What zarrita reads of level 0, as RGB. */
async function judge(store: Store, axes: string): Promise<number[]> {
  const find = (key: string) => Promise.resolve(store.get(key.slice(1)));
  const keys = {
    get: find,
    async getRange(key: string, range: RangeQuery) {
      const bytes = await find(key);
      return "suffixLength" in range
        ? bytes?.slice(-range.suffixLength)
        : bytes?.slice(range.offset, range.offset + range.length);
    },
  };
  const array = await open(root(keys).resolve("0"), { kind: "array" });
  const { data, stride } = await get(array) as {
    data: ArrayLike<number>;
    stride: number[];
  };
  const [x, y, c] = ["x", "y", "c"].map((axis) => stride[axes.indexOf(axis)]);
  return Array.from(picture.pixels, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [column, row] = [
      pixel % picture.width,
      Math.floor(pixel / picture.width),
    ];
    return data[i % 3 * c + row * y + column * x];
  });
}

const BLOSC = ["blosclz", "lz4", "lz4hc", "zlib", "zstd"].map((name, i) =>
  `blosc:${name}:${i % 3}`
);

const CHAINS: readonly (readonly string[])[] = [
  [],
  ["gzip"],
  ["zlib"],
  ["zstd"],
  ...BLOSC.map((codec) => [codec]),
];

const ARRAYS: readonly ArraySpec[] = [
  ...CHAINS.map((codecs) => ({ version: 2 as const, codecs })),
  ...CHAINS.filter(([name]) => name !== "zlib").flatMap((codecs) => [
    { codecs },
    { codecs: [...codecs, "crc32c"] },
  ]),
  { codecs: ["zstd", "gzip"] },
  { version: 2, separator: "." },
  { separator: "." },
  { version: 2, order: [2, 1, 0], codecs: ["gzip"] },
  { order: [1, 2, 0], codecs: ["gzip"] },
  { axes: "tczyx" },
  { version: 2, axes: "czyx", chunk: { x: 8, y: 32 } },
  { axes: "yxc", chunk: { c: 3 } },
  { axes: "cxy", chunk: { x: 7, y: 64, c: 3 } },
  { chunk: { c: 2 } },
  { chunk: { c: 5, x: 100, y: 100 } },
  { version: 2, axes: "tczyx", chunk: { z: 3, t: 2, x: 10 } },
  { shard: { x: 32, y: 32, c: 3 }, codecs: ["zstd"] },
  { shard: { x: 48, y: 16, c: 1 }, codecs: ["gzip", "crc32c"], atStart: true },
  {
    axes: "tczyx",
    shard: { x: 64, y: 32, c: 3, t: 1, z: 1 },
    order: [4, 3, 2, 1, 0],
  },
];

for (const spec of ARRAYS) {
  const { version = 3, axes = "cyx", ...rest } = spec;
  Deno.test(`openSlide() reads Zarr ${version} (${axes}, ${JSON.stringify(rest)}) as it was written, and as zarrita does`, async () => {
    const store = await makeZarr({ picture, array: spec });
    const expected = Uint8Array.from(picture.pixels);
    assertEquals(await read(store), expected);
    if (spec.atStart) return; // zarrita looks for the index at the end
    assertEquals(await judge(store, axes), [...expected]);
  });
}

Deno.test("openSlide() keeps the highest of 16 bits, or scales a range that is given", async () => {
  for (
    const array of [
      { version: 2 },
      { version: 2, bigEndian: true },
      { codecs: ["blosc:lz4:1"] },
      { bigEndian: true, codecs: ["blosc:zstd:2"] },
      { shard: { x: 32, y: 32, c: 3 }, chunk: { c: 3 } },
    ] as const
  ) {
    const store = await makeZarr({
      picture: wide,
      array: { bits: 16, ...array },
    });
    assertEquals(await read(store), Uint8Array.from(picture.pixels));
    assertEquals(await judge(store, "cyx"), [...Uint16Array.from(wide.pixels)]);
    assertEquals(
      await read(store, { sampleRange: [1000, 3550] }),
      new Uint8Array(
        Uint8ClampedArray.from(wide.pixels, (value) => (value - 1000) / 10)
          .buffer,
      ),
    );
  }
});

Deno.test("openSlide() fills absent chunks and shards with the array's value", async () => {
  const absent = ([c, y, x]: readonly number[]) =>
    (c === 1 && x === 0) || (y === 1 && x === 1);
  const expected = Uint8Array.from(picture.pixels, (value, i) => {
    const pixel = Math.floor(i / 3);
    const index = [
      i % 3,
      Math.floor(pixel / 37 / 16),
      Math.floor(pixel % 37 / 16),
    ];
    return absent(index) ? 201 : value;
  });
  for (const version of [2, 3] as const) {
    const array = { version, fill: 201, absent };
    const store = await makeZarr({ picture, array });
    assertEquals(await read(store), expected);
    assertEquals(await judge(store, "cyx"), [...expected]);
  }
  const inShards = await makeZarr({
    picture,
    array: {
      fill: 201,
      shard: { x: 16, y: 16, c: 1 },
      chunk: { x: 8, y: 8 },
      absent: (index) => index.length === 3 ? absent(index) : index[5] === 0,
    },
  });
  const pixels = await read(inShards);
  assertEquals([...pixels], await judge(inShards, "cyx"));
  assert(pixels.includes(201) && pixels[9 * 3] === picture.pixels[9 * 3]);
  const range = [0, 402] as const;
  const wideStore = await makeZarr({
    picture: wide,
    array: { bits: 16, fill: 201, absent: () => true },
  });
  const gray = await read(wideStore, { sampleRange: range });
  assertEquals(new Set(gray), new Set([128]));
});

/** A store of three levels, the first with offset and unit. */
async function pyramid(version: 2 | 3, path = ""): Promise<Store> {
  const store: Store = new Map();
  addGroup(store, path, {
    version,
    unit: "nanometer",
    scale: 500,
    factors: [1, 3, 9],
  });
  const at = (level: number) => path === "" ? `${level}` : `${path}/${level}`;
  for (const [level, factor] of [1, 3, 9].entries()) {
    const [width, height] = [37, 21].map((side) => Math.ceil(side / factor));
    const pixels = noise(width, height);
    await addArray(store, at(level), { width, height, pixels, version });
  }
  return store;
}

Deno.test("openSlide() finds levels, scale and name, from a folder, its document, and Blobs", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const version of [2, 3] as const) {
      const store = await pyramid(version);
      const path = `${folder}/scan ${version}.ome.zarr`;
      await writeStore(store, path);
      const document = version === 2 ? ".zattrs" : "zarr.json";
      for (
        const source of [
          path,
          `${path}/`,
          `${path}/${document}`,
          new URL(`file://${path}`),
          filesOf(store, `scan ${version}.ome.zarr`),
        ]
      ) {
        await using slide = await openSlide(source);
        assertEquals(slide.name, `scan ${version}.ome`);
        assertEquals(
          slide.format,
          version === 2 ? "OME-Zarr 0.4" : "OME-Zarr 0.5",
        );
        assertEquals(slide.mpp, { x: 0.5, y: 0.5 });
        assertEquals(slide.warnings, []);
        assertEquals(
          slide.levels.map(({ width, downsample }) => [width, downsample]),
          [[37, 1], [13, 3], [5, 9]],
        );
        for (const [level, { width, height }] of slide.levels.entries()) {
          assertEquals(
            await slide.readRegion({ x: 0, y: 0, width, height }, { level }),
            noise(width, height),
          );
        }
        await slide.verify!();
      }
      await using slide = await openSlide(path);
      assert(slide.version?.startsWith("folder with"), slide.version);
      await Deno.writeTextFile(`${path}/${document}`, " {}");
      await slide.verify!().then(
        () => assert(false),
        (error) => assertStringIncludes(error.message, "has changed"),
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const xml = (names: readonly string[]) =>
  new TextEncoder().encode(
    `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument ID="I"><Objective ID="O" NominalMagnification="40"/></Instrument>${
      names.map((name) => `<Image ID="${name}" Name="${name}"/>`).join("")
    }</OME>`,
  );

/** As bioformats2raw writes it, with images of these names. */
async function series(
  version: 2 | 3,
  names: readonly string[],
  withXml = true,
): Promise<Store> {
  const store: Store = new Map();
  addAttributes(store, "", version, { "bioformats2raw.layout": 3 });
  for (const i of names.keys()) {
    for (const [path, bytes] of await pyramid(version, `${i}`)) {
      store.set(path, bytes);
    }
  }
  if (withXml) store.set("OME/METADATA.ome.xml", xml(names));
  return store;
}

Deno.test("openSlide() reads the first image of bioformats2raw that is no label or macro, and says how many there are", async () => {
  for (const version of [2, 3] as const) {
    const names = ["label image", "a.svs [macro]", "scan", "other"];
    const files = filesOf(await series(version, names));
    const found = await inspectSlide(files);
    assertEquals(found.problem, undefined);
    assertEquals(found.levels.map(({ page }) => page), [
      'array "2/0"',
      'array "2/1"',
      'array "2/2"',
    ]);
    assertEquals(found.associated.map(({ name, page }) => [name, page]), [
      ["label", 'array "0/0"'],
      ["macro", 'array "1/0"'],
    ]);
    assertEquals(found.objectivePower?.value, 40);
    assertEquals(found.warnings, [
      "it has 4 images, of which number 2 is read: --page N (openSlide's page) opens another",
    ]);
    assertEquals(found.ignored, [{
      what: "image 3 (other)",
      why: "it is another image: --page 3 opens it",
    }]);
    await using other = await openSlide(files, { page: 3 });
    assertEquals([other.width, other.warnings], [37, []]);
    assertEquals(found.pages.length, 5);
    assertEquals(
      found.pages[0].blocks,
      "chunks of 16×16, uncompressed",
    );
  }
});

Deno.test("openSlide() reads the images of bioformats2raw without names, and those that its group lists", async () => {
  const unnamed = await series(2, ["a", "b"], false);
  await using slide = await openSlide(filesOf(unnamed));
  assertStringIncludes(slide.warnings![0], "it has 2 images");
  for (const version of [2, 3] as const) {
    const listed = await series(version, ["a", "b"]);
    addAttributes(listed, "OME", version, { series: ["1"] });
    await using second = await openSlide(filesOf(listed));
    assertEquals(second.warnings, []);
  }
});

Deno.test("inspectSlide() lists what is beside the slide and cannot be read", async () => {
  const store = await series(2, ["scan", "label"]);
  store.delete("1/0/.zarray");
  const { ignored, associated, problem } = await inspectSlide(filesOf(store));
  assertEquals([problem, associated], [undefined, []]);
  assertEquals(ignored, [{
    what: "label",
    why: 'level "1/0": its "1/0/.zarray" does not exist',
  }]);
});

Deno.test("openSlide() leaves out levels that are not certainly copies of the first", async () => {
  const store = await pyramid(3);
  const sizes: readonly (readonly [number, number])[] = [
    [25, 14],
    [37, 21],
    [13, 7],
    [5, 3],
    [13, 7],
  ];
  for (const [i, [width, height]] of sizes.entries()) {
    await addArray(store, `${i + 3}`, {
      width,
      height,
      pixels: noise(width, height),
      bits: i === 3 ? 16 : 8,
    });
  }
  const scale = [1, 500, 500];
  const translation = [0, 0, 4500];
  const datasets = [0, 1, 3, 4, 5, 6, 2, 7].map((path) => ({
    path: `${path}`,
    coordinateTransformations: [
      { type: "scale", scale },
      ...path === 2 ? [{ type: "translation", translation }] : [],
    ],
  }));
  addGroup(store, "", { multiscale: { datasets }, unit: "nanometer" });
  const { levels, ignored } = await inspectSlide(filesOf(store));
  assertEquals(levels.map(({ page }) => page), ['array "0"', 'array "1"']);
  assertEquals(ignored.toSorted((a, b) => a.what < b.what ? -1 : 1), [
    {
      what: 'level "2"',
      why: "its coordinate transformations move it by a pixel or more",
    },
    { what: 'level "3"', why: "no whole downsample explains its size" },
    { what: 'level "4"', why: "another level has its size" },
    { what: 'level "5"', why: "another level has its size" },
    { what: 'level "6"', why: "its samples are not the slide's" },
    { what: 'level "7"', why: "another level has its size" },
  ]);
});

Deno.test("openSlide() reads the scale in any unit, and none where it is not said", async () => {
  const scaleOf = async (image: Parameters<typeof addGroup>[2]) => {
    const store = await makeZarr({ picture, image });
    await using slide = await openSlide(filesOf(store));
    return [slide.mpp?.x, slide.warnings?.join()] as const;
  };
  assertEquals(await scaleOf({ scale: 0.5 }), [0.5, ""]);
  assertEquals(await scaleOf({ scale: 5e-4, unit: "millimeter" }), [0.5, ""]);
  const whole = [{ type: "scale", scale: [1, 2, 4] }];
  assertEquals(
    await scaleOf({ multiscale: { coordinateTransformations: whole } }),
    [1, ""],
  );
  for (
    const [image, says] of [
      [{ unit: "pixel" }, "0.25 pixel by 0.25 pixel"],
      [{ unit: "meter" }, "0.25 meter by 0.25 meter"],
      [{ unit: "constructor" }, "0.25 constructor"],
      [{
        multiscale: { axes: ["c", "y", "x"].map((name) => ({ name })) },
      }, "0.25 (no unit)"],
      [{ multiscale: { datasets: [{ path: "0" }] } }, "has no scale"],
    ] as const
  ) {
    const [mpp, warnings] = await scaleOf(image);
    assertEquals(mpp, undefined);
    assertStringIncludes(warnings!, says);
  }
});

Deno.test("openSlide() warns of channels without colors, of dark 16 bits, and of further pyramids", async () => {
  const warnings = async (
    image: Parameters<typeof addGroup>[2],
    array: ArraySpec = {},
  ) => {
    const store = await makeZarr({ picture, image, array });
    await using slide = await openSlide(filesOf(store));
    return slide.warnings!.join();
  };
  assertEquals(await warnings({}), "");
  assertStringIncludes(
    await warnings({ attributes: { omero: undefined } }),
    "three channels have no colors",
  );
  const channels = ["ff0000", "#00FF00", "0000FFff"].map((color) => ({
    color,
    window: { end: 4095 },
  }));
  const image = { attributes: { omero: { channels } } };
  assertEquals(await warnings(image), "");
  assertStringIncludes(
    await warnings(image, { bits: 16 }),
    "it shows only values up to 4095: --sample-range 0,4095",
  );
  const store = await makeZarr({ picture });
  const json = JSON.parse(new TextDecoder().decode(store.get("zarr.json")));
  json.attributes.ome.multiscales.push({});
  store.set("zarr.json", new TextEncoder().encode(JSON.stringify(json)));
  await using slide = await openSlide(filesOf(store));
  assertStringIncludes(slide.warnings!.join(), "1 further pyramids");
});
