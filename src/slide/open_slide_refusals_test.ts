import { assert, assertLess, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../tests/helpers/make_tiff.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { openPages } from "../../tests/helpers/open_pages.ts";
import { pngFile } from "../io/encode_png.ts";
import { openSlide } from "./open_slide.ts";

Deno.test("openSlide() says in one line why a file is refused", async () => {
  const folder = await Deno.makeTempDir();
  const refuse = async (
    // deno-lint-ignore no-explicit-any
    Kind: new (...args: any[]) => Error,
    contents: Uint8Array | string,
    reason: string,
  ): Promise<void> => {
    const path = `${folder}/slide.tif`;
    await Deno.writeFile(
      path,
      typeof contents === "string"
        ? new TextEncoder().encode(contents)
        : contents,
    );
    const error = await assertRejects(() => openSlide(path), Kind, reason);
    assert(error.message.includes(path), error.message);
    assert(!error.message.includes("\n"), error.message);
  };
  try {
    await assertRejects(
      () => openSlide(`${folder}/none.tif`),
      Error,
      'none.tif": it does not exist',
    );
    await assertRejects(
      () => openSlide(folder),
      TypeError,
      "it is a folder",
    );
    await assertRejects(
      () => openSlide(new URL("ftp://example.org/a.tif")),
      TypeError,
      "it must be a file, an http or https URL, or a Blob",
    );
    await refuse(SyntaxError, "", "it is empty");
    await refuse(SyntaxError, "II", "not a TIFF, PNG or JPEG");
    await refuse(
      SyntaxError,
      "This was never a picture.",
      "not a TIFF, PNG or JPEG (starts with 54 68",
    );
    const page = {
      width: 40,
      height: 30,
      pixels: noise(40, 30),
      rowsPerStrip: 5,
    };
    const good = await makeTiff([page]);
    // The directory comes last, so that cutting the end takes it.
    await refuse(
      SyntaxError,
      good.subarray(0, good.length - 60),
      "directory 1 is damaged",
    );
    await refuse(
      SyntaxError,
      await makeTiff([page], { loop: true }),
      "its directories loop",
    );
    const lie = (tags: PageSpec["tags"]) => makeTiff([{ ...page, tags }]);
    await refuse(
      TypeError,
      await lie({ 258: [5, 5, 5] }),
      "samples of 5 bits are not supported",
    );
    await refuse(
      TypeError,
      await lie({ 258: [8, 8, 16] }),
      "samples of 8, 16 bits are not supported",
    );
    await refuse(
      TypeError,
      await lie({ 258: [16, 16, 16], 259: 33005 }),
      "3 integer samples of 16 bits are not supported with compression JPEG 2000",
    );
    await refuse(
      TypeError,
      await lie({ 339: [2, 2, 2] }),
      "signed samples are not supported",
    );
    for (const format of [5, 6]) {
      const samples = await lie({ 339: [format, format, format] });
      await refuse(TypeError, samples, "complex samples are not supported");
    }
    await refuse(
      TypeError,
      await lie({ 339: [3, 3, 3] }),
      "3 float samples of 8 bits are not supported",
    );
    await refuse(
      TypeError,
      await lie({ 259: 50002 }),
      "compression is not supported: JPEG XL",
    );
    await refuse(
      TypeError,
      await lie({ 259: 4 }),
      "compression is not supported: CCITT group 4",
    );
    await refuse(TypeError, await lie({ 262: 5 }), "4 samples per pixel");
    await refuse(TypeError, await lie({ 262: 8 }), "not CIELab");
    await refuse(
      TypeError,
      await lie({ 262: 6, 530: [3, 1] }),
      "received 8 bits and 3×1",
    );
    await refuse(
      TypeError,
      await lie({ 317: 3 }),
      "not supported: 3 with 8-bit samples",
    );
    await refuse(RangeError, await lie({ 256: 0 }), "received 0×30");
    await refuse(
      RangeError,
      await lie({ 257: 2 ** 31 }),
      "received 40×2147483648",
    );
    await refuse(
      RangeError,
      await lie({ 257: 300 }),
      "60 blocks, but the file lists 6 offsets",
    );
    await refuse(
      SyntaxError,
      await lie({ 256: 400000 }),
      "it is truncated: block 0",
    );
    await refuse(
      SyntaxError,
      await lie({ 273: [1, 1, 1, 1, 1, 2 ** 30] }),
      "truncated: block 5",
    );
    const tags = { 322: 100000, 323: 100000, 324: 8, 325: 8 };
    await refuse(
      RangeError,
      await lie({ ...tags, 259: 5 }),
      "decoded whole, received 100000×100000: save it as a tiled TIFF",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openSlide() refuses what claims terabytes from its header", async () => {
  const page = { width: 16, height: 16, pixels: noise(16, 16) };
  const sides = { 256: 2 ** 20, 257: 2 ** 19, 278: 2 ** 19 };
  const before = Deno.memoryUsage().rss;
  for (
    const [tags, reason] of [
      [sides, "it is truncated: block 0 ends at byte"],
      [{ ...sides, 259: 8 }, "must have at most 89478485 pixels"],
      [{ ...sides, 259: 7 }, "must have at most 89478485 pixels"],
      [
        { ...sides, 259: 8, 322: 256, 323: 256, 324: [8], 325: [9] },
        "its picture has 8388608 blocks, but the file lists 1 offsets",
      ],
      [
        { ...sides, 278: 1, 259: 5 },
        "524288 blocks, but the file lists 1 offsets",
      ],
      [{ 256: 2 ** 31, 257: 2 ** 31 }, "sides must be from 1 to 16777216"],
    ] as const
  ) {
    for (const bigTiff of [false, true]) {
      await assertRejects(
        () => openPages([{ ...page, tags }], { bigTiff }),
        Error,
        reason,
      );
    }
  }
  assertLess(Deno.memoryUsage().rss - before, 2 ** 27);
});

Deno.test("openSlide() stops on its signal", async () => {
  const reason = new Error("enough");
  const error = await assertRejects(() =>
    openSlide("x.tif", { signal: AbortSignal.abort(reason) })
  );
  assert(error === reason);
});

Deno.test("openSlide() reads a description of zeros in linear time, and takes sizes that are no numbers for none", async () => {
  const made = { width: 4, height: 3, pixels: noise(4, 3) };
  const start = performance.now();
  await using slide = await openPages([{
    ...made,
    tags: { 270: "\0".repeat(1_000_000) + "a" },
  }]);
  assertLess(performance.now() - start, 2000);
  assert(slide.width === 4);
  const file = await makeTiff([{ ...made, tile: { width: 16, height: 16 } }]);
  const view = new DataView(file.buffer);
  for (let at = view.getUint32(4, true) + 2;; at += 12) {
    if (view.getUint16(at, true) !== 322) continue;
    view.setUint16(at + 2, 11, true); // a float
    view.setFloat32(at + 8, NaN, true);
    break;
  }
  await assertRejects(
    () => openSlide(new Blob([file])),
    RangeError,
    "in blocks of 0×16",
  );
});

Deno.test("openSlide() refuses a JPEG 2000 header without sizes, and a CMYK JPEG of two frames", async () => {
  const golden = new URL("../../tests/golden/", import.meta.url);
  const read = (name: string) => Deno.readFile(new URL(name, golden));
  const block = await read("tiff/rgb.j2k");
  new DataView(block.buffer).setUint32(24, 0); // XTsiz
  const page = { width: 24, height: 20, pixels: new Uint8Array() };
  await assertRejects(
    () => openPages([{ ...page, blocks: [block], tags: { 259: 33005 } }]),
    SyntaxError,
    "its JPEG 2000 header is damaged",
  );
  const cmyk = await read("pictures/cmyk.jpg");
  const frame = cmyk.findIndex((byte, i) =>
    byte === 0xff && cmyk[i + 1] === 0xc0
  );
  const end = cmyk.length - 2; // before the end marker
  const twice = new Blob([
    cmyk.subarray(0, end),
    cmyk.subarray(frame, frame + 22),
    cmyk.subarray(end),
  ]);
  await using slide = await openSlide(twice, { threads: 0 });
  await assertRejects(
    () => slide.readRegion({ x: 0, y: 0, width: 24, height: 20 }),
    SyntaxError,
    "its JPEG data are damaged",
  );
});

Deno.test("openSlide() comes to an end where byte counts are fractions", async () => {
  const pixels = new Uint8Array(16 * 16 * 3);
  const file = await makeTiff([{ width: 16, height: 16, pixels }]);
  const view = new DataView(file.buffer);
  const start = view.getUint32(4, true);
  for (let i = 0; i < view.getUint16(start, true); i++) {
    const entry = start + 2 + 12 * i;
    if (view.getUint16(entry, true) !== 279) continue;
    view.setUint16(entry + 2, 11, true); // a float, and a tiny one
  }
  await assertRejects(
    async () => {
      await using slide = await openSlide(new Blob([file]));
      await slide.readRegion({ x: 0, y: 0, width: 16, height: 16 });
    },
    Error,
  );
});

Deno.test("openSlide() refuses a PNG with two headers: the second would count for its decoder", async () => {
  const size = { width: 16, height: 16, channels: 3 as const };
  const png = await pngFile(size, new Uint8Array(16 * 16 * 3));
  const header = png.slice(8, 33);
  const twice = new Blob([png.slice(0, 33), header, png.slice(33)]);
  await assertRejects(
    () => openSlide(twice),
    SyntaxError,
    "it has no PNG header, or several",
  );
});
