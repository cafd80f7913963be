import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type CziBlockSpec,
  type CziSpec,
  cziXml,
  makeCzi,
  storedZstd,
  toBgr,
} from "../../../../tests/helpers/make_czi.ts";
import {
  BGR24,
  GRAY16,
  GRAY8,
} from "../../../../tests/helpers/jpeg_xr_streams.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import { startRangeServer } from "../../../../tests/helpers/range_server.ts";
import * as limits from "../../../io/limits.ts";
import { inspectSlide } from "../../inspect_slide.ts";
import { openSlide } from "../../open_slide.ts";
import type { Slide } from "../../slide.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const jpeg = await Deno.readFile(
  new URL("../../../../tests/golden/pictures/ycbcr.jpg", import.meta.url),
);

async function open(spec: CziSpec): Promise<Slide> {
  return await openSlide(new Blob([makeCzi(spec)]), { name: "a", threads: 0 });
}

async function readLevel(slide: Slide, level = 0): Promise<Uint8Array> {
  const { width, height } = slide.levels[level];
  return await slide.readRegion({ x: 0, y: 0, width, height }, { level });
}

/** A sub-block of one color, which is its RGB. */
function plain(
  [x, y, width, height]: readonly [number, number, number, number],
  color: readonly [number, number, number],
  more: Partial<CziBlockSpec> = {},
): CziBlockSpec {
  const rgb = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => color[i % 3],
  );
  return { x, y, width, height, data: toBgr(rgb), ...more };
}

/** The colors of single pixels. */
async function colorsAt(
  slide: Slide,
  places: readonly (readonly [number, number])[],
  level = 0,
): Promise<(readonly number[])[]> {
  return await Promise.all(places.map(async ([x, y]) =>
    Array.from(
      await slide.readRegion({ x, y, width: 1, height: 1 }, { level }),
    )
  ));
}

const RED = [200, 0, 10] as const;
const GREEN = [0, 180, 20] as const;
const BLUE = [5, 6, 210] as const;
const WHITE = [255, 255, 255] as const;

Deno.test("openSlide() places the sub-blocks of a CZI from its upper left, and the highest M shows", async () => {
  const blocks = [
    plain([-100, 50, 20, 10], RED, { order: 2 }),
    plain([-85, 50, 20, 10], GREEN, { order: 7 }),
    plain([-70, 48, 20, 10], BLUE, { order: 3 }),
    plain([-100, 60, 20, 10], BLUE),
    plain([-100, 65, 20, 10], GREEN), // without M, the later one shows
  ];
  await using slide = await open({ blocks, xml: cziXml([52, 30]) });
  assertEquals([slide.width, slide.height], [52, 30]);
  assertEquals(
    await colorsAt(slide, [
      ...[[0, 2], [14, 2], [15, 2], [34, 2], [35, 2], [30, 0], [0, 0]] as const,
      ...[[0, 12], [0, 16], [0, 17], [0, 26], [0, 27], [51, 2]] as const,
    ]),
    [
      ...[RED, RED, GREEN, GREEN, BLUE, BLUE, WHITE],
      ...[BLUE, BLUE, GREEN, GREEN, WHITE, WHITE],
    ],
  );
  assertEquals(slide.bounds, { x: 0, y: 0, width: 50, height: 27 });
  assertEquals(slide.format, "Zeiss CZI");
  assertEquals(slide.mpp, { x: 0.25, y: 0.5 });
  assertEquals(slide.objectivePower, 40);
  assertEquals(slide.properties?.["zeiss.Information.Image.SizeX"], "52");
});

Deno.test("openSlide() keeps the levels of a CZI that all its scenes have", async () => {
  const scene = (scene: number, x: number, downsamples: readonly number[]) =>
    downsamples.map((downsample) =>
      plain([x, 0, 16 / downsample, 16 / downsample], RED, {
        scene,
        downsample,
      })
    );
  const spec = {
    blocks: [...scene(0, 8, [4, 2, 1]), ...scene(1, 40, [1, 2])],
    xml: cziXml([48, 16]),
  };
  await using slide = await open(spec);
  assertEquals(slide.levels, [
    { width: 48, height: 16, downsample: 1 },
    { width: 24, height: 8, downsample: 2 },
  ]);
  assertEquals(
    await colorsAt(slide, [[0, 0], [7, 7], [8, 0], [15, 0], [16, 7]], 1),
    [RED, RED, WHITE, WHITE, RED],
  );
  const { ignored } = await inspectSlide(new Blob([makeCzi(spec)]));
  assertEquals(ignored, [{
    what: "a level reduced by 4",
    why: "1 of 2 scenes have it",
  }]);
});

Deno.test("openSlide() decodes the pixels of a CZI: none, zstd, zstd with a header and split bytes, JPEG, JPEG XR", async () => {
  const [width, height] = [7, 5];
  const rgb = noise(width, height);
  const gray = new Uint8Array(noise(width, height, 1));
  const low = noise(height, width); // of 16 bits; not shown
  const words = (samples: Uint8Array): Bytes => {
    const bytes = new Uint8Array(samples.length * 2);
    samples.forEach((value, i) => bytes.set([low[i], value], 2 * i));
    return bytes;
  };
  const split = (bytes: Uint8Array): Bytes =>
    Uint8Array.from([
      ...bytes.filter((_, i) => i % 2 === 0),
      ...bytes.filter((_, i) => i % 2 === 1),
    ]);
  const under = (header: number[], bytes: Bytes): Bytes =>
    Uint8Array.from([...header, ...storedZstd(bytes)]);
  const bgr = toBgr(rgb);
  const toRgb = (gray: Uint8Array) =>
    Uint8Array.from({ length: gray.length * 3 }, (_, i) => gray[i / 3 | 0]);
  const cases: [number, number, Bytes, Uint8Array][] = [
    [3, 0, bgr, rgb],
    [3, 5, storedZstd(bgr), rgb],
    [3, 6, under([1], bgr), rgb],
    [3, 6, under([3, 1, 0], bgr), rgb],
    [4, 0, words(bgr), rgb],
    [4, 6, under([3, 1, 1], split(words(bgr))), rgb],
    [0, 0, gray, toRgb(gray)],
    [1, 5, storedZstd(words(gray)), toRgb(gray)],
    [3, 4, BGR24, rgb],
    [0, 4, GRAY8, toRgb(gray)],
    [1, 4, GRAY16, toRgb(gray)],
  ];
  for (const [pixelType, compression, data, expected] of cases) {
    const block = { x: 3, y: -9, width, height, pixelType, compression, data };
    await using slide = await open({ blocks: [block] });
    assertEquals(
      await readLevel(slide),
      expected,
      `${[pixelType, compression]}`,
    );
  }
  await using picture = await openSlide(new Blob([jpeg]), { threads: 0 });
  const size = { x: 0, y: 0, width: picture.width, height: picture.height };
  const blocks = [{ ...size, compression: 1, data: jpeg }];
  await using slide = await open({ blocks });
  assertEquals(await readLevel(slide), await readLevel(picture));
});

Deno.test("openSlide() scales gray of a CZI by the bits that are used", async () => {
  const values = Uint16Array.of(0, 1000, 4095, 2048);
  const block = { x: 0, y: 0, width: 2, height: 2, pixelType: 1 };
  const blocks = [{ ...block, data: new Uint8Array(values.buffer) }];
  await using slide = await open({ blocks, xml: cziXml([2, 2], { bits: 12 }) });
  assertEquals(
    (await readLevel(slide)).filter((_, i) => i % 3 === 0),
    Uint8Array.of(0, 62, 255, 128),
  );
});

Deno.test("openSlide() reads sub-blocks of a CZI with long metadata or many dimensions", async () => {
  const more = Object.fromEntries(
    [..."CZTRIHVB"].map((name) => [name, [3, 1] as const]),
  );
  const blocks = [plain([0, 0, 4, 4], RED, { order: 1, scene: 0, more })];
  for (const metadata of [0, 1e5]) {
    await using slide = await open({ blocks, metadata });
    assertEquals(await colorsAt(slide, [[3, 3]]), [RED]);
  }
});

Deno.test("openSlide() reads label, macro and thumbnail of a CZI as pages", async () => {
  const nested = makeCzi({
    blocks: [plain([5, 5, 6, 4], GREEN)],
    attachments: [{ name: "Label", kind: "JPG", data: jpeg }],
  });
  const file = new Blob([
    makeCzi({
      blocks: [plain([0, 0, 8, 8], RED)],
      attachments: [
        { name: "Label", kind: "JPG", data: jpeg },
        { name: "TimeStamps", kind: "CZTIMS", data: jpeg },
        { name: "SlidePreview", kind: "CZI", data: nested },
        { name: "Thumbnail", kind: "PNG", data: jpeg },
        { name: "Thumbnail", kind: "JPG", data: new Uint8Array(100) },
      ],
    }),
  ]);
  const { associated, ignored } = await inspectSlide(file);
  assertEquals(
    associated.map(({ name, page }) => [name, page]),
    [["label", "page 1"], ["macro", "page 2"]],
  );
  assertEquals(ignored.map(({ what }) => what), ["thumbnail", "thumbnail"]);
  assertMatch(ignored[0].why, /of kind "PNG"/);
  await using picture = await openSlide(new Blob([jpeg]), { threads: 0 });
  await using label = await openSlide(file, { page: 1, threads: 0 });
  assertEquals(await readLevel(label), await readLevel(picture));
  await using macro = await openSlide(file, { page: 2, threads: 0 });
  assertEquals([macro.width, macro.height], [6, 4]);
  assertEquals(await colorsAt(macro, [[5, 3]]), [GREEN]);
  await assertRejects(
    () => openSlide(file, { page: 3 }),
    RangeError,
    "it has pages 0 to 2",
  );
});

Deno.test("openSlide() refuses kinds of CZI that it does not read, by name", async () => {
  const pair = (name: string): CziSpec => ({
    blocks: [0, 4].map((start) =>
      plain([0, 0, 4, 4], RED, { more: { [name]: [start, 1] } })
    ),
  });
  const one = (more: Partial<CziBlockSpec>): CziSpec => ({
    blocks: [plain([0, 0, 4, 4], RED, more)],
  });
  const cases: [CziSpec, RegExp][] = [
    [pair("C"), /with 2 channels.*bfconvert/],
    [pair("Z"), /with 2 focal planes/],
    [pair("T"), /with 2 points in time/],
    [pair("Q"), /with 2 values of dimension "Q"/],
    [one({ more: { Z: [0, 3] } }), /with 2 focal planes/],
    [one({ compression: 4, pixelType: 4 }), /in JPEG XR of 48 bits a pixel/],
    [one({ compression: 2 }), /in LZW/],
    [one({ compression: 77 }), /in compression 77/],
    [one({ pixelType: 9 }), /of Bgra32 pixels/],
    [one({ pixelType: 99 }), /of type 99 pixels/],
    [one({ part: 1 }), /of several files/],
    [
      { ...one({}), header: (view) => view.setInt32(48, 2, true) },
      /of several files/,
    ],
    [
      { ...one({}), header: (view) => view.setUint8(16, 1) },
      /of several files/,
    ],
    [
      {
        blocks: [3, 0].map((pixelType) =>
          plain([0, 0, 4, 4], RED, { pixelType })
        ),
      },
      /pixels of several types \(3, 0\)/,
    ],
  ];
  for (const [spec, says] of cases) {
    const error = await assertRejects(() => open(spec), TypeError);
    assertMatch(error.message, says);
  }
});

Deno.test("openSlide() refuses a CZI that is damaged, in one line", async () => {
  const blocks = [plain([0, 0, 4, 4], RED), plain([4, 0, 4, 4], RED)];
  const size = cziXml([8, 4]);
  const inDirectory = (at: number, value: number): CziSpec => ({
    blocks,
    directory: (view) => view.setInt32(at, value, true),
  });
  const inHeader = (at: number, value: number): CziSpec => ({
    blocks,
    header: (view) => view.setBigInt64(at, BigInt(value), true),
  });
  const entry = 128;
  const cases: [CziSpec, RegExp][] = [
    [inHeader(52, 0), /recording was interrupted/],
    [inHeader(52, 1e9), /is cut short.*ZISRAWDIRECTORY begins at 1000000000/],
    [inHeader(52, -8), /is cut short/],
    [inHeader(52, 544), /is "ZISRAWSUBBLOCK" where ZISRAWDIRECTORY must be/],
    [inDirectory(0, 0), /lists 0 sub-blocks/],
    [inDirectory(0, -1), /lists -1 sub-blocks/],
    [inDirectory(0, 3), /ends within sub-block 2 of 3/],
    [inDirectory(entry, 0), /of an unknown kind/],
    [inDirectory(entry + 28, 13), /has 13 dimensions/],
    [inDirectory(entry + 28, 1), /has 1 dimensions/],
    [inDirectory(entry + 6, 1e9), /sub-block 0 begins at/],
    [inDirectory(entry + 32 + 16, 0), /sub-block 0 has 0×4 px/],
    [inDirectory(entry + 32 + 8, 1), /has 4×4 px for 1×4 of the slide/],
    [
      { blocks: [plain([0, 0, 4, 4], RED, { downsample: 2 })] },
      /no sub-block of full resolution/,
    ],
    [{ blocks, xml: size.replace(">8<", ">0<") }, /has 0×4 px/],
    [
      { blocks: [plain([0, 0, 7, 4], RED, { compression: 4, data: BGR24 })] },
      /JPEG XR data are 7×5 px of 24-bit BGR, but the page says 7×4/,
    ],
    [
      { blocks: [plain([0, 0, 4, 4], RED, { compression: 4 })] },
      /JPEG XR data are damaged/,
    ],
    [
      { blocks: [blocks[0], plain([2 ** 30, 0, 4, 4], RED)] },
      /a side must have/,
    ],
  ];
  for (const [spec, says] of cases) {
    const error = await assertRejects(() => open(spec), SyntaxError);
    assertMatch(error.message, says);
  }
  const whole = makeCzi({ blocks });
  for (let length = 20; length < whole.length; length += 97) {
    const error = await assertRejects(() =>
      openSlide(new Blob([whole.slice(0, length)]), { name: "a" })
    );
    assert(error instanceof Error && /^Cannot .*cut short/.test(error.message));
  }
});

Deno.test("openSlide() compares sub-blocks of a CZI with their directory when they are read", async () => {
  const cases: [Partial<CziBlockSpec>, RegExp][] = [
    [{ data: new Uint8Array(47) }, /pixels take 48 bytes, and it has 47/],
    [{ compression: 5, data: storedZstd(new Uint8Array(47)) }, /it has 47/],
    [{ compression: 5, data: storedZstd(new Uint8Array(1e6)) }, /more than 48/],
    [
      { compression: 6, data: Uint8Array.of(2, 0, 0) },
      /header is unknown \(2,0,0\)/,
    ],
    [{ compression: 6, data: Uint8Array.of(3, 2, 0) }, /header is unknown/],
    [{ compression: 6, data: new Uint8Array(0) }, /header is unknown/],
  ];
  for (const [more, says] of cases) {
    await using slide = await open({
      blocks: [plain([0, 0, 4, 4], RED, more)],
    });
    const error = await assertRejects(() => readLevel(slide));
    assert(error instanceof Error);
    assertMatch(error.message, says);
  }
});

Deno.test("openSlide() warns of what is odd in a CZI", async () => {
  const blocks = [plain([0, 0, 8, 4], RED)];
  const warningsOf = async (spec: CziSpec) => (await open(spec)).warnings;
  assertMatch(
    (await warningsOf({ blocks, xml: cziXml([6, 4]) }))!.join(),
    /reach to 8, 4, beyond the 6×4 px/,
  );
  assertMatch(
    (await warningsOf({ blocks, xml: "<a>" }))!.join(),
    /metadata are not read: its XML is damaged/,
  );
  assertMatch(
    (await warningsOf({
      blocks,
      xml: cziXml([8, 4]),
      header: (view) => view.setInt32(68, 1, true),
    }))!.join(),
    /was being changed/,
  );
  assertMatch(
    (await warningsOf({ blocks, xml: cziXml([20000, 4]) }))!.join(),
    /no reduced levels/,
  );
  assertEquals(await warningsOf({ blocks, xml: cziXml([8, 4]) }), []);
});

Deno.test("openSlide() reads a CZI from a server by ranges", async () => {
  const blocks = Array.from({ length: 64 }, (_, i) => ({
    ...{ x: i % 8 * 64, y: Math.floor(i / 8) * 64, width: 64, height: 64 },
    data: toBgr(noise(64, 64)),
  }));
  const file = makeCzi({ blocks, xml: cziXml([512, 512]) });
  await using server = startRangeServer(file);
  await using slide = await openSlide(server.url, {
    threads: 0,
    remote: { cacheBytes: 0 },
  });
  const region = { x: 200, y: 200, width: 30, height: 30 };
  const pixels = await slide.readRegion(region);
  await using local = await openSlide(new Blob([file]), { threads: 0 });
  assertEquals(pixels, await local.readRegion(region));
  const bytes = server.served.reduce(
    (sum, { start, end }) => sum + end - start,
    0,
  );
  assert(bytes < file.length, `${bytes} of ${file.length} bytes`);
});

Deno.test("openSlide() refuses a CZI beyond MAX_CZI_DIRECTORY, MAX_CZI_BLOCKS, MAX_CZI_PILE and MAX_CZI_ATTACHMENTS, not at them", async () => {
  const blocks = [plain([0, 0, 4, 4], RED)];
  const reasonOf = async (spec: CziSpec): Promise<string> =>
    (await inspectSlide(new Blob([makeCzi(spec)]))).problem ?? "";

  const list = (count: number): CziSpec => ({
    blocks,
    directory: (view) => view.setInt32(0, count, true),
  });
  assertMatch(await reasonOf(list(limits.MAX_CZI_BLOCKS)), /cut short/);
  assertMatch(
    await reasonOf(list(limits.MAX_CZI_BLOCKS + 1)),
    /lists 1048577 sub-blocks, and must list 1 to 1048576/,
  );

  const directory = async (length: number): Promise<string> => {
    const file = makeCzi({ blocks });
    const view = new DataView(file.buffer);
    const at = Number(view.getBigInt64(32 + 52, true));
    view.setBigInt64(at + 24, BigInt(length), true);
    const rest = new Uint8Array(length);
    const { problem } = await inspectSlide(new Blob([file, rest]));
    return problem ?? "";
  };
  assertEquals(await directory(limits.MAX_CZI_DIRECTORY), "");
  assertMatch(
    await directory(limits.MAX_CZI_DIRECTORY + 1),
    /ZISRAWDIRECTORY has 134217729 bytes, more than/,
  );

  const pile = (count: number): CziSpec => ({
    blocks: Array.from({ length: count }, () => blocks[0]),
  });
  // A cell has the size of a block.
  assertEquals(await reasonOf(pile(limits.MAX_CZI_PILE)), "");
  assertMatch(
    await reasonOf(pile(limits.MAX_CZI_PILE + 1)),
    /more than 256 of its sub-blocks lie over each other/,
  );

  const attached = async (count: number): Promise<string> => {
    const attachments = Array.from(
      { length: count },
      () => ({ name: "a", kind: "b", data: Uint8Array.of(1) }),
    );
    const { ignored } = await inspectSlide(
      new Blob([makeCzi({ blocks, attachments })]),
    );
    return ignored.map(({ why }) => why).join();
  };
  assertEquals(await attached(limits.MAX_CZI_ATTACHMENTS), "");
  assertMatch(
    await attached(limits.MAX_CZI_ATTACHMENTS + 1),
    /ZISRAWATTDIR has \d+ bytes, more than/,
  );
});
