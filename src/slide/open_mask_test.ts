import { assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { makeTiff, type PageSpec } from "../../tests/helpers/make_tiff.ts";
import { encodePhoto } from "../masks/pictures/encode_photo.ts";
import { openMask } from "./open_mask.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-mask-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 16, height: 16 };
const whole = { x: 0, y: 0, ...size };
const truth = Uint8Array.from({ length: 256 }, (_, i) => {
  const [x, y] = [i % 16, Math.floor(i / 16)];
  return x >= 3 && x < 12 && y >= 5 && y < 13 ? 1 : 0;
});
/** Samples of a page, one or more a pixel, as a file holds them. */
function samples(
  bits: number,
  values: (set: number, i: number) => readonly number[],
  { float = false, littleEndian = true } = {},
): Uint8Array {
  const all = [...truth].flatMap((set, i) => values(set, i));
  const bytes = new Uint8Array(all.length * bits / 8);
  const view = new DataView(bytes.buffer);
  all.forEach((value, i) => {
    if (float && bits === 32) view.setFloat32(i * 4, value, littleEndian);
    else if (float) view.setFloat64(i * 8, value, littleEndian);
    else if (bits === 8) bytes[i] = value;
    else if (bits === 16) view.setUint16(i * 2, value, littleEndian);
    else if (bits === 32) view.setUint32(i * 4, value, littleEndian);
    else view.setBigUint64(i * 8, BigInt(value), littleEndian);
  });
  return bytes;
}

/** Rows of packed samples of fewer than 8 bits, or of 12. */
function packed(bits: number, values: (set: number) => number): Uint8Array {
  const text = [...truth].map((set) =>
    values(set).toString(2).padStart(bits, "0")
  ).join("");
  return Uint8Array.from(
    text.match(/.{8}/g)!,
    (byte) => Number.parseInt(byte, 2),
  );
}

const page = (
  bits: number,
  pixels: Uint8Array,
  tags: PageSpec["tags"] = {},
): PageSpec => ({
  ...size,
  pixels,
  blocks: [pixels],
  samples: 1,
  tags: { 258: bits, ...tags },
});
/** A palette: red, then green, then blue of all entries, of 16 bits. */
const palette = (...colors: (readonly [number, number, number])[]) =>
  [0, 1, 2].flatMap((channel) =>
    Array.from({ length: 256 }, (_, i) => (colors[i]?.[channel] ?? 0) * 257)
  );
const spread = (count: number, bits: number) => Array(count).fill(bits);
const ids = (set: number, i: number) => [set * (1 + i % 7)];
const bigEndian = { littleEndian: false };

const CASES: Record<string, PageSpec> = {
  "8 bits": page(8, samples(8, (set) => [set * 255])),
  "8 bits, ids": page(8, samples(8, ids)),
  "16 bits, ids": page(16, samples(16, ids)),
  "16 bits, ids beyond a byte": page(16, samples(16, (set) => [set * 0x100])),
  "32 bits, ids": page(32, samples(32, ids)),
  "64 bits, ids": page(64, samples(64, ids)),
  "signed 16 bits": page(16, samples(16, ids), { 339: 2 }),
  "signed 32 bits": page(32, samples(32, ids), { 339: 2 }),
  "signed 64 bits": page(64, samples(64, ids), { 339: 2 }),
  "floats of 0 and 1": page(32, samples(32, (set) => [set], { float: true }), {
    339: 3,
  }),
  "floats of ids and no number": page(
    64,
    samples(64, (set, i) => [set ? 1 + i : NaN], { float: true }),
    { 339: 3 },
  ),
  "1 bit": page(1, packed(1, (set) => set)),
  "1 bit, white is zero": page(1, packed(1, (set) => 1 - set), { 262: 0 }),
  "8 bits, white is zero": page(8, samples(8, (set) => [set ? 7 : 255]), {
    262: 0,
  }),
  "4 bits, ids": page(4, packed(4, (set) => set)),
  "12 bits, ids": page(12, packed(12, (set) => set)),
  "a palette of grays, white first": page(8, samples(8, (set) => [1 - set]), {
    262: 3,
    320: palette([255, 255, 255], [0, 0, 0]),
  }),
  "a palette of colors on black": page(8, samples(8, ids), {
    262: 3,
    320: palette([0, 0, 0], [128, 0, 0], [0, 128, 0]),
  }),
  "a palette of colors on white": page(8, samples(8, ids), {
    262: 3,
    320: palette([255, 255, 255], [200, 0, 0], [0, 200, 0]),
  }),
  "RGB in gray": page(8, samples(8, (set) => spread(3, set * 255)), {
    258: spread(3, 8),
    262: 2,
    277: 3,
  }),
  "RGB of 16 bits in gray": page(16, samples(16, (set) => spread(3, set)), {
    258: spread(3, 16),
    262: 2,
    277: 3,
  }),
  "gray with alpha, transparent and white": page(
    8,
    samples(8, (set) => [255, set * 9]),
    { 258: spread(2, 8), 277: 2, 338: 2 },
  ),
  "gray with alpha in a plane of its own": {
    ...page(8, new Uint8Array(), { 258: spread(2, 8), 277: 2, 338: 2 }),
    planar: true,
    blocks: [samples(8, () => [255]), samples(8, (set) => [set * 9])],
  },
  "RGBA, transparent around black": page(
    8,
    samples(8, (set) => [0, 0, 0, set * 255]),
    { 258: spread(4, 8), 262: 2, 277: 4, 338: 2 },
  ),
  "RGBA, transparent around colors": page(
    8,
    samples(8, (set, i) => set ? [200, i % 3, 0, 255] : [255, 255, 255, 0]),
    { 258: spread(4, 8), 262: 2, 277: 4, 338: 2 },
  ),
  "RGBA, black, white and transparent": page(
    8,
    samples(8, (set, i) => [...spread(3, set * 255), i < 9 ? 0 : 255]),
    { 258: spread(4, 8), 262: 2, 277: 4, 338: 2 },
  ),
  "RGBA, opaque": page(8, samples(8, (set) => [...spread(3, set), 255]), {
    258: spread(4, 8),
    262: 2,
    277: 4,
    338: 2,
  }),
};

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = `${folder}/${name.replaceAll(" ", "_")}`;
  await Deno.writeFile(path, bytes);
  return path;
}

async function read(path: string): Promise<[Uint8Array, readonly string[]]> {
  await using mask = await openMask(path);
  const rgb = await mask.readRegion(whole);
  for (let i = 0; i < rgb.length; i++) assertEquals(rgb[i], rgb[i - i % 3]);
  return [rgb.filter((_, i) => i % 3 === 0).map((v) => v / 255), mask.notes];
}

for (const [name, spec] of Object.entries(CASES)) {
  Deno.test(`openMask() reads ${name}`, async () => {
    const [mask] = await read(await write(name, await makeTiff([spec])));
    assertEquals(mask, truth);
  });
}

Deno.test("openMask() reads big-endian ids of 16 bits, with differences along rows", async () => {
  const pixels = samples(16, (set) => [set], bigEndian);
  const view = new DataView(pixels.buffer);
  for (let at = 510; at >= 0; at -= 2) {
    if (at % 32 === 0) continue;
    view.setUint16(at, view.getUint16(at) - view.getUint16(at - 2));
  }
  const spec = { ...page(16, pixels, { 317: 2 }), compression: "deflate" };
  const tiff = await makeTiff([spec as PageSpec], bigEndian);
  assertEquals((await read(await write("big", tiff)))[0], truth);
});

Deno.test("openMask() reads PNGs of 16 bits, and with a transparent background", async () => {
  const gray16 = Uint16Array.from(truth);
  const deep = encode({ ...size, data: gray16, channels: 1, depth: 16 });
  assertEquals((await read(await write("deep.png", deep)))[0], truth);
  const data = samples(8, (set) => [255, 255, 255, set * 255]);
  const rgba = encode({ ...size, data, channels: 4, depth: 8 });
  assertEquals((await read(await write("rgba.png", rgba)))[0], truth);
});

Deno.test("openMask() reads a tiled OME pyramid of ids, at each level, tiles left out of the file as background", async () => {
  const tile = { width: 16, height: 16 };
  const side = 32;
  const big = new Uint8Array(side * side * 2);
  for (let i = 0; i < 256; i++) {
    big[((i >> 4) * side + i % 16 + 16) * 2] = truth[i];
  }
  const ome =
    '<OME><Image><Pixels SizeC="1" SizeZ="1" SizeT="1"/></Image></OME>';
  const spec = { samples: 1, sampleBytes: 2, tile } as const;
  const tags = { 254: 1 };
  const tiff = await makeTiff([
    { ...spec, width: side, height: side, pixels: big, tags: { 270: ome } },
    { ...spec, ...size, pixels: samples(16, ids), tags },
  ]);
  // The first tile's place and length, which a sparse file has as 0.
  const view = new DataView(tiff.buffer);
  const at = view.getUint32(4, true);
  for (let n = view.getUint16(at, true), i = 0; i < n; i++) {
    const entry = at + 2 + 12 * i;
    if (![324, 325].includes(view.getUint16(entry, true))) continue;
    view.setUint32(view.getUint32(entry + 8, true), 0, true);
  }
  await using mask = await openMask(await write("ome.tif", tiff));
  const values = async (region: typeof whole, level: number) =>
    (await mask.readRegion(region, { level })).filter((_, i) => i % 3 === 0)
      .map((value) => value / 255);
  assertEquals(await values(whole, 0), new Uint8Array(256));
  assertEquals(await values({ ...whole, x: 16 }, 0), truth);
  assertEquals(await values(whole, 1), truth);
  assertEquals(await values({ ...whole, x: 99 }, 0), new Uint8Array(256));
});

Deno.test("openMask() takes pixels lighter than middle gray in a JPEG", async () => {
  const side = 64;
  const big = Uint8Array.from(
    { length: side * side },
    (_, i) => truth[(i / side >> 2) * 16 + (i % side >> 2)],
  );
  const rgb = Uint8Array.from(
    { length: big.length * 3 },
    (_, i) => big[Math.floor(i / 3)] * 255,
  );
  const jpeg = await encodePhoto(rgb, { width: side, height: side });
  assertEquals([jpeg[0], jpeg[1]], [0xff, 0xd8]);
  await using mask = await openMask(await write("mask.jpg", jpeg));
  const read = await mask.readRegion({ x: 0, y: 0, width: side, height: side });
  assertEquals(
    read.filter((_, i) => i % 3 === 0).map((value) => value & 1),
    big,
  );
  assertEquals(mask.notes.length, 1);
});

Deno.test("openMask() reads a palette of PNG by its alpha", async () => {
  const png = (transparency: number[], colors: number[]) =>
    makePng([
      ["PLTE", Uint8Array.from(colors)],
      ["tRNS", Uint8Array.from(transparency)],
    ]);
  const black = await png([0, 255], [0, 0, 0, 0, 0, 0]);
  assertEquals((await read(await write("black.png", black)))[0], truth);
  const red = await png([0, 255], [255, 255, 255, 200, 0, 0]);
  assertEquals((await read(await write("red.png", red)))[0], truth);
  const key = await makePng([["tRNS", Uint8Array.of(0, 1)]]);
  const path = await write("key.png", key);
  await assertRejects(() => openMask(path), TypeError, "transparent (tRNS)");
});

/** A PNG of the truth in 8 bits: of palette indices where there is a palette, else gray. */
async function makePng(
  chunks: readonly (readonly [string, Uint8Array])[],
): Promise<Uint8Array> {
  const rows = new Uint8Array(16 * 17);
  for (let y = 0; y < 16; y++) {
    rows.set(truth.subarray(y * 16, y * 16 + 16), y * 17 + 1);
  }
  const stream = new Blob([rows]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const type = chunks.some(([name]) => name === "PLTE") ? 3 : 0;
  const header = Uint8Array.of(0, 0, 0, 16, 0, 0, 0, 16, 8, type, 0, 0, 0);
  const all = [["IHDR", header], ...chunks, ["IDAT", data], [
    "IEND",
    new Uint8Array(),
  ]] as const;
  const parts = all.map(([name, bytes]) => {
    const chunk = new Uint8Array(12 + bytes.length);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, bytes.length);
    chunk.set(new TextEncoder().encode(name), 4);
    chunk.set(bytes, 8);
    view.setUint32(8 + bytes.length, crc32(chunk.subarray(4, -4)));
    return chunk;
  });
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  return new Uint8Array(
    await new Blob([signature, ...parts]).arrayBuffer(),
  );
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

Deno.test("openMask() says how it takes what a file does not say", async () => {
  const notes = async (name: string) =>
    (await read(await write(name, await makeTiff([CASES[name]]))))[1];
  assertEquals(await notes("16 bits, ids"), []);
  for (
    const [name, note] of Object.entries({
      "1 bit, white is zero":
        "zero is white in its file: black is taken as background",
      "a palette of colors on white":
        "the first color of its palette, white, is taken as background",
      "RGBA, transparent around black":
        "everything visible is black and is taken as foreground",
      "RGBA, transparent around colors":
        "it has colors: everything visible that is not black is foreground",
    })
  ) assertEquals(await notes(name), [note]);
});

const REFUSED: Record<string, [PageSpec, string]> = {
  "the slide itself": [
    page(8, samples(8, (_, i) => [i, 7, i]), {
      258: spread(3, 8),
      262: 2,
      277: 3,
    }),
    "it has colors, like a slide, at 0,0",
  ],
  "an opaque RGBA slide": [
    page(8, samples(8, (_, i) => [i, 7, i, 255]), {
      258: spread(4, 8),
      262: 2,
      277: 4,
      338: 2,
    }),
    "it has colors, like a slide, at 0,0",
  ],
  "negative numbers": [
    page(32, samples(32, (set) => [set ? 1 : 0xffffffff]), { 339: 2 }),
    "a negative number",
  ],
  "probabilities": [
    page(32, samples(32, (set) => [set * 0.75], { float: true }), { 339: 3 }),
    "this one has 0.75",
  ],
  "ImageJ's inverted lookup table": [
    page(8, samples(8, (set) => [set * 255]), { 262: 0, 270: "ImageJ=1.54f" }),
    "Invert LUT",
  ],
  "white is zero in 16 bits": [
    page(16, samples(16, ids), { 262: 0 }),
    "at most 8 bits, and this one has 16",
  ],
  "a palette of colors whose first is one": [
    page(8, samples(8, ids), {
      262: 3,
      320: palette([200, 0, 0], [0, 200, 0]),
    }),
    "the first color of its palette, 200,0,0, may or may not be background",
  ],
  "a palette of colors with white first and black": [
    page(8, samples(8, ids), {
      262: 3,
      320: palette([255, 255, 255], [0, 0, 0], [200, 0, 0]),
    }),
    "may or may not be background",
  ],
};

for (const [name, [spec, message]] of Object.entries(REFUSED)) {
  Deno.test(`openMask() refuses ${name}`, async () => {
    const path = await write(name, await makeTiff([spec]));
    await assertRejects(() => read(path), TypeError, message);
  });
}

Deno.test("openMask() says that a file does not exist", async () => {
  await assertRejects(
    () => openMask(`${folder}/none.tif`),
    Error,
    'none.tif": it does not exist',
  );
});
