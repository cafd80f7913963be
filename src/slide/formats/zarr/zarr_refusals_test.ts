import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  addArray,
  addAttributes,
  addGroup,
  type ArraySpec,
  filesOf,
  type ImageSpec,
  makeZarr,
  type Picture,
  type Store,
} from "../../../../tests/helpers/make_zarr.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import { crc32c } from "../../codecs/crc32c.ts";
import { openMask } from "../../open_mask.ts";
import { openSlide } from "../../open_slide.ts";

const picture: Picture = { width: 20, height: 18, pixels: noise(20, 18) };

/** Opens a store and reads all of it. */
async function readAll(store: Store): Promise<void> {
  await using slide = await openSlide(filesOf(store), { threads: 0 });
  const { width, height } = slide;
  await slide.readRegion({ x: 0, y: 0, width, height });
}

async function assertRefused(store: Store, says: string): Promise<void> {
  const { message } = await assertRejects(() => readAll(store), Error);
  assertStringIncludes(message, says);
  assertEquals(message.startsWith("Cannot "), true, message);
}

const text = (value: unknown) =>
  new TextEncoder().encode(
    typeof value === "string" ? value : JSON.stringify(value),
  );

/** The document of an array, with other values; `undefined` leaves one out. */
const changed = (document: Record<string, unknown>, version: 2 | 3 = 3) => ({
  version,
  document,
});

const bytes = { name: "bytes", configuration: { endian: "little" } };
const shards = (configuration: object, ...more: object[]) =>
  changed({
    chunk_grid: {
      name: "regular",
      configuration: { chunk_shape: [1, 16, 16] },
    },
    codecs: [{
      name: "sharding_indexed",
      configuration: {
        chunk_shape: [1, 8, 8],
        codecs: [bytes],
        index_codecs: [bytes],
        ...configuration,
      },
    }, ...more],
  });

const ARRAYS: readonly (readonly [says: string, spec: ArraySpec])[] = [
  ['its samples are of type "|i1"', changed({ dtype: "|i1" }, 2)],
  ['its samples are of type "|u2"', changed({ dtype: "|u2" }, 2)],
  ["its samples are of type [[", changed({ dtype: [["a", "|u1"]] }, 2)],
  ['its samples are of type "<f4"', changed({ dtype: "<f4" }, 2)],
  ['its samples are of type "float32"', changed({ data_type: "float32" })],
  ["its samples are of type missing", changed({ data_type: undefined })],
  ["its samples are of type {", changed({ data_type: { name: "uint8" } })],
  ["filtered (delta)", changed({ filters: [{ id: "delta" }] }, 2)],
  ["its codec is lzma", changed({ compressor: { id: "lzma" } }, 2)],
  ["one of its codecs has no name", changed({ compressor: { id: 1 } }, 2)],
  ["its order must be C or F", changed({ order: "A" }, 2)],
  ["the separator", changed({ dimension_separator: "-" }, 2)],
  ["must be 2 to 8 positive integers", changed({ chunks: [1, 0, 16] }, 2)],
  ["must be 2 to 8 positive integers", changed({ chunks: undefined }, 2)],
  ["must be 2 to 8 positive integers", changed({ shape: [3, 2.5, 20] }, 2)],
  ["must be 2 to 8 positive integers", changed({ shape: [3] }, 2)],
  ["other axes than its shape", changed({ chunks: [16, 16] }, 2)],
  ["its axes are c,y,x", changed({ shape: [3, 20], chunks: [3, 20] }, 2)],
  ["is not of Zarr 2", changed({ zarr_format: 3 }, 2)],
  ["no sample of 8 bits (256)", changed({ fill_value: 256 }, 2)],
  ["no sample of 8 bits (-1)", changed({ fill_value: -1 })],
  ['no sample of 8 bits ("NaN")', changed({ fill_value: "NaN" })],
  ["is a group, not an array", changed({ node_type: "group" })],
  ['has an extension "fancy"', changed({ fancy: { name: "x" } })],
  ["storage transformer", changed({ storage_transformers: [{}] })],
  [
    'chunk grid is "rectilinear"',
    changed({
      chunk_grid: { name: "rectilinear" },
    }),
  ],
  ['encoded by "hilbert"', changed({ chunk_key_encoding: "hilbert" })],
  [
    'but those of its array "0" are x,y,c',
    changed({
      dimension_names: ["x", "y", "c"],
    }),
  ],
  ["it has no list of codecs", changed({ codecs: "bytes" })],
  ["it has no codec for its bytes", changed({ codecs: [] })],
  ["its codec is vlen-utf8", changed({ codecs: ["vlen-utf8"] })],
  ["its codec is zfp", changed({ codecs: ["bytes", "zfp"] })],
  [
    "no permutation",
    changed({
      codecs: [
        { name: "transpose", configuration: { order: [0, 1, 1] } },
        bytes,
      ],
    }),
  ],
  ["order of bytes", changed({ codecs: ["bytes"], data_type: "uint16" })],
  ["shape of their chunks", shards({ chunk_shape: "8" })],
  ["not made of whole chunks", shards({ chunk_shape: [1, 8, 7] })],
  ["other axes than its shape", shards({ chunk_shape: [8, 8] })],
  ["its shards are compressed", shards({}, { name: "gzip" })],
  [
    "shards have shards within",
    shards({
      codecs: [{ name: "sharding_indexed", configuration: {} }],
    }),
  ],
  ['is encoded by "bytes,gzip"', shards({ index_codecs: [bytes, "gzip"] })],
  ['is encoded by "bytes"', shards({ index_codecs: ["bytes"] })],
  ["at the start or the end", shards({ index_location: "middle" })],
  [
    "are decoded whole",
    changed({
      shape: [3, 20000, 20000],
      chunks: [3, 20000, 20000],
    }, 2),
  ],
  ["sides must be from 1", changed({ shape: [3, 18, 2 ** 25] }, 2)],
];

for (const [says, array] of ARRAYS) {
  Deno.test(`openSlide() refuses a Zarr array: ${says}, ${JSON.stringify(array.document).slice(0, 60)}`, async () => {
    await assertRefused(await makeZarr({ picture, array }), says);
  });
}

const axes = (...names: unknown[]) => ({
  multiscale: { axes: names.map((name) => ({ name })) },
});
const moves = (...coordinateTransformations: object[]) => ({
  multiscale: { datasets: [{ path: "0", coordinateTransformations }] },
});
const colors = (...names: string[]) => ({
  attributes: { omero: { channels: names.map((color) => ({ color })) } },
});

const GROUPS: readonly (readonly [says: string, image: ImageSpec])[] = [
  ["list of multiscales is empty", { attributes: { multiscales: [] } }],
  ['of version "0.6"', { attributes: { version: "0.6" } }],
  ["its image has no axes", { multiscale: { axes: 3 } }],
  ["one of its axes has no name", axes("c", 1, "x")],
  ["its axes must be x, y and others", axes("c", "y", "y")],
  ["its axes must be x, y and others", axes("c", "z", "x")],
  ["its image has 0 levels", { multiscale: { datasets: [] } }],
  ["one of its levels has no path", { multiscale: { datasets: [{}] } }],
  ["it must lie in the slide's folder", {
    multiscale: { datasets: [{ path: "../../0" }] },
  }],
  ['"1/zarr.json" does not exist', {
    multiscale: { datasets: [{ path: "1" }] },
  }],
  ['transformations are "rotation"', moves({ type: "rotation" })],
  [
    'are "scale","scale"',
    moves(
      { type: "scale", scale: [1, 1, 1] },
      { type: "scale", scale: [1, 1, 1] },
    ),
  ],
  ["must have 3 numbers", moves({ type: "scale", scale: [1, 1] })],
  [
    "must have 3 numbers",
    moves(
      { type: "scale", scale: [1, 1, 1] },
      { type: "translation", path: "x" },
    ),
  ],
  ["a scale must be positive", moves({ type: "scale", scale: [1, 0, 1] })],
  ["colors of its channels are 0000ff", colors("0000FF", "00FF00", "FF0000")],
  ["colors of its channels are ff0000, 00ff00", colors("FF0000", "00FF00")],
  ["a plate of 2 wells: open one of its images, as SLIDE.zarr/B/3/0", {
    attributes: { plate: { wells: [{ path: "B/3" }, {}] } },
  }],
  ["a well of a plate", { attributes: { well: {} } }],
  ["a label image", { attributes: { "image-label": {} } }],
  ["group of an image's labels", {
    attributes: { multiscales: undefined, labels: ["a"] },
  }],
  ["without an image of OME-Zarr", {
    attributes: { multiscales: undefined },
  }],
  ["layout of bioformats2raw is {", {
    attributes: { multiscales: undefined, "bioformats2raw.layout": {} },
  }],
  ["layout of bioformats2raw is 2", {
    attributes: { multiscales: undefined, "bioformats2raw.layout": 2 },
  }],
];

for (const [says, image] of GROUPS) {
  Deno.test(`openSlide() refuses an OME-Zarr: ${says}`, async () => {
    await assertRefused(await makeZarr({ picture, image }), says);
  });
}

Deno.test("openSlide() refuses stacks and other numbers of channels", async () => {
  const refused = async (
    names: string,
    shape: readonly number[],
    says: string,
  ) => {
    const store = await makeZarr({
      picture,
      array: { axes: names, document: { shape } },
    });
    await assertRefused(store, says);
  };
  await refused("czyx", [3, 7, 18, 20], "it has 7 focal planes");
  await refused("tcyx", [2, 3, 18, 20], "it has 2 points in time");
  await refused("cqyx", [3, 2, 18, 20], 'it has 2 planes along its axis "q"');
  await refused("cyx", [4, 18, 20], "it has 4 channels");
  await refused("zyx", [1, 18, 20], "it has 1 channels");
});

Deno.test("openSlide() refuses folders and documents that are no OME-Zarr, by name", async () => {
  const store = (entries: Record<string, unknown>): Store =>
    new Map(Object.entries(entries).map(([key, value]) => [key, text(value)]));
  for (
    const [entries, says] of [
      [{ ".zattrs": "{" }, "it is not JSON"],
      [{ ".zattrs": "[1]" }, "it is not a JSON object"],
      [{ "zarr.json": { node_type: "array" } }, "a single array of a Zarr"],
      [{ ".zarray": {} }, "a single array of a Zarr"],
      [{ ".zgroup": {} }, "neither zarr.json nor .zattrs"],
      [{ "zarr.json": {} }, "a Zarr group without OME metadata"],
      [{ ".zattrs": {} }, "without an image of OME-Zarr"],
    ] as const
  ) await assertRefused(store(entries), says);
  const [first] = filesOf(store({ ".zattrs": {} }));
  await assertRejects(
    () => openSlide(first),
    TypeError,
    "pass openSlide() all files",
  );
});

Deno.test("openSlide() refuses what bioformats2raw has not finished", async () => {
  const series = (xml: string): Store => {
    const store: Store = new Map();
    addAttributes(store, "", 2, { "bioformats2raw.layout": 3 });
    store.set("OME/METADATA.ome.xml", text(xml));
    return store;
  };
  await assertRefused(series("<OME/>"), "it lists 0 images");
  await assertRefused(series("<OME>"), "METADATA.ome.xml, which names");
  await assertRefused(
    series('<OME><Image Name="label"/><Image Name="macro image"/></OME>'),
    "its 2 images are all labels and macros",
  );
  await assertRefused(
    series('<OME><Image Name="scan"/></OME>'),
    "neither zarr.json nor .zattrs",
  );
  const nested = series('<OME><Image Name="scan"/></OME>');
  addAttributes(nested, "0", 2, { "bioformats2raw.layout": 3 });
  await assertRefused(nested, 'its group "0" is not an image');
  const one = await makeZarr({ picture });
  await assertRejects(
    () => openSlide(filesOf(one), { page: 1 }),
    RangeError,
    "it has images 0 to 0, received 1",
  );
});

Deno.test("openMask() refuses an OME-Zarr", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/.zattrs`, text({ multiscales: [{}] }));
    await assertRejects(() => openMask(folder), TypeError, "as a slide only");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readRegion() refuses chunks that are damaged or of another size", async () => {
  const first = "0/c/0/0/0";
  for (
    const codec of ["gzip", "zstd", "blosc:lz4:1", "blosc:zstd:0", "crc32c"]
  ) {
    const store = await makeZarr({ picture, array: { codecs: [codec] } });
    const whole = store.get(first)!;
    await readAll(store);
    store.set(first, whole.slice(0, -5));
    await assertRefused(store, "read block at 0, 0 of level 0");
    store.set(first, Uint8Array.of());
    await assertRefused(store, "read block at 0, 0 of level 0");
    store.set(first, whole.map((byte) => byte ^ 0x55));
    await assertRefused(store, "read block at 0, 0 of level 0");
    // Chunks of 16 by 16, where the array says 16 by 8, and 32 by 16.
    for (const side of [8, 32]) {
      const other = await makeZarr({
        picture,
        array: { codecs: [codec], chunk: { x: side } },
      });
      other.set(first, whole);
      await assertRefused(other, "read block at 0, 0 of level 0");
    }
  }
  const raw = await makeZarr({ picture });
  raw.set(first, new Uint8Array(255));
  await assertRefused(raw, "its chunk has 255 of 256 bytes");
  raw.set(first, new Uint8Array(257));
  await assertRefused(raw, "its chunk has more than 256 bytes");
  raw.set(first, new Uint8Array(1e6));
  await assertRefused(raw, "it has more than 66048 bytes");
});

Deno.test("readRegion() refuses shards whose index is damaged", async () => {
  const key = "0/c/0/0/0";
  const array = { shard: { x: 16, y: 16, c: 3 }, chunk: { x: 8, y: 8 } };
  const store = await makeZarr({ picture, array });
  await readAll(store);
  const whole = store.get(key)!;
  const at = whole.length - 12 * 16 - 4;
  const damage = (change: (view: DataView) => void): void => {
    const shard = whole.slice();
    const view = new DataView(shard.buffer);
    change(view);
    const sum = crc32c(shard.subarray(at, -4));
    view.setUint32(shard.length - 4, sum, true);
    store.set(key, shard);
  };
  store.set(key, whole.map((byte, i) => i === at ? byte ^ 1 : byte));
  await assertRefused(
    store,
    "index is damaged: its checksum (crc32c) is wrong",
  );
  store.set(key, whole.slice(0, 100));
  await assertRefused(
    store,
    "it has 100 bytes, fewer than the 196 of its index",
  );
  damage((view) => view.setBigUint64(at, 2n ** 63n, true));
  await assertRefused(store, "its shard is damaged: chunk 0");
  damage((view) => view.setBigUint64(at + 8, BigInt(whole.length + 1), true));
  await assertRefused(store, "its shard is damaged: chunk 0");
  damage((view) => view.setBigUint64(at + 8, 2n ** 64n - 1n, true));
  await assertRefused(store, "its shard is damaged: chunk 0");
  damage((view) => view.setBigUint64(at + 16 + 8, 63n, true));
  await assertRefused(store, "its chunk has 63 of 64 bytes");
  store.delete(key);
  await readAll(store); // absent: the fill value
});

Deno.test("an OME-Zarr has all its levels at once, or none", async () => {
  const store: Store = new Map();
  addGroup(store, "", { factors: [1, 2] });
  await addArray(store, "0", picture);
  await assertRefused(store, 'level "1": its "1/zarr.json" does not exist');
});
