import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
} from "@std/assert";
import {
  makeJpeg,
  makeNdpi,
  makeRestartJpeg,
  type NdpiPage,
  repeatRestartJpeg,
  type RestartJpegMade,
  smoothPicture,
} from "../../../../tests/helpers/make_ndpi.ts";
import { makeTiff } from "../../../../tests/helpers/make_tiff.ts";
import { startRangeServer } from "../../../../tests/helpers/range_server.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import { inspectSlide } from "../../inspect_slide.ts";
import { openSlide } from "../../open_slide.ts";
import type { Region, Slide } from "../../slide.ts";

/** Pixels change little by JPEG, of full color and of halved. */
const CLOSE = 10;

const open = (
  pages: readonly NdpiPage[],
  options: Parameters<typeof openSlide>[1] = {},
) => openSlide(new Blob([makeNdpi(pages)]), { name: "made", ...options });

/** The largest difference of a region from the picture that the level shows. */
async function difference(
  slide: Slide,
  picture: Uint8Array,
  { level = 0, ...region }: Partial<Region> & { readonly level?: number } = {},
): Promise<number> {
  const { width } = slide.levels[level];
  const box = { x: 0, y: 0, ...slide.levels[level], ...region };
  const { x, y } = box;
  const pixels = await slide.readRegion(
    { x, y, width: box.width, height: box.height },
    { level },
  );
  return pixels.reduce((most, value, i) => {
    const [column, row] = [
      x + Math.floor(i / 3) % box.width,
      y + Math.floor(i / 3 / box.width),
    ];
    const wanted = picture[(row * width + column) * 3 + i % 3];
    return Math.max(most, Math.abs(value - wanted));
  }, 0);
}

const size = { width: 2043, height: 291 };
const picture = smoothPicture(size);
let usual: Promise<RestartJpegMade> | undefined;
const usualPage = async (): Promise<NdpiPage> => ({
  ...size,
  ...await (usual ??= makeRestartJpeg(picture, size)),
});
const small = { width: 64, height: 64 };
const smallPage = async (more: Partial<NdpiPage> = {}): Promise<NdpiPage> => ({
  ...small,
  jpeg: await makeJpeg(smoothPicture(small), small),
  ...more,
});

Deno.test("NDPI: restart intervals are read as tiles, to the edges", async () => {
  await using slide = await open([await usualPage()]);
  assertEquals(slide.format, "Hamamatsu NDPI");
  assertEquals(slide.mpp, { x: 0.25, y: 0.25 });
  assertEquals(slide.objectivePower, 40);
  assertLess(await difference(slide, picture), CLOSE);
  for (
    const region of [
      { x: 1020, y: 250, width: 9, height: 20 },
      { x: 2042, y: 290, width: 1, height: 1 },
      { x: 0, y: 255, width: 2043, height: 2 },
    ]
  ) assertLess(await difference(slide, picture, region), CLOSE);
});

Deno.test("NDPI: units of 16×8 and of 16×16 pixels are read", async () => {
  const wide = { width: 2048, height: 72 };
  const picture = smoothPicture(wide);
  for (const subsampling of [1, 2] as const) {
    const made = await makeRestartJpeg(picture, wide, { subsampling });
    await using slide = await open([{ ...wide, ...made }]);
    assertLess(await difference(slide, picture), 2 * CLOSE);
  }
});

Deno.test("NDPI: starts of intervals that are missing or wrong are searched for", async () => {
  const page = await usualPage();
  const starts = page.starts!;
  const wrong: readonly (readonly number[] | undefined)[] = [
    undefined,
    starts.map(() => 0),
    starts.map((start) => start + 1),
    [...starts.slice(1), starts.at(-1)! + 3],
    starts.slice(0, -1),
    [...starts, starts.at(-1)! + 3],
    starts.toReversed(),
    starts.map((start, i) => i < 9 ? start : start + 5),
    // A marker is there, but another.
    [...starts.slice(0, 9), ...starts.slice(10), starts.at(-1)! + 3],
    starts.with(-1, 1e9),
  ];
  for (const starts of wrong) {
    await using slide = await open([{ ...page, starts }]);
    assertLess(await difference(slide, picture), CLOSE, String(starts));
  }
});

Deno.test("NDPI: an interval may be several rows of units", async () => {
  const tall = { width: 1024, height: 68 };
  const picture = smoothPicture(tall);
  const { jpeg, starts } = await makeRestartJpeg(picture, tall, { rows: 4 });
  assertEquals(starts.length, 3);
  await using slide = await open([{ ...tall, jpeg, starts }]);
  assertLess(await difference(slide, picture), CLOSE);
});

Deno.test("NDPI: a slide wider or higher than 65,535 px has 0 in its JPEG", async () => {
  const wide = { width: 66560, height: 16 };
  const made = await makeRestartJpeg(smoothPicture(wide), wide, { tile: 2080 });
  await using slide = await open([{ ...wide, ...made }]);
  assertEquals(slide.width, 66560);
  const right = { x: 65000, y: 3, width: 1500, height: 13 };
  assertLess(await difference(slide, smoothPicture(wide), right), CLOSE);

  const high = { width: 64, height: 65544 };
  const two = { width: 64, height: 16 };
  const row = smoothPicture(two);
  const repeated = repeatRestartJpeg(
    await makeRestartJpeg(row, two, { tile: 64 }),
    { ...high, across: 1, count: 8193 },
  );
  await using other = await open([{ ...high, ...repeated }]);
  assertEquals(other.height, 65544);
  const shown = new Uint8Array(64 * 65544 * 3);
  for (let at = 0; at < shown.length; at += row.length) {
    shown.set(row.subarray(0, shown.length - at), at);
  }
  const bottom = { x: 5, y: 65530, width: 59, height: 14 };
  assertLess(await difference(other, shown, bottom), CLOSE);
});

Deno.test("NDPI: the focal plane at 0 is the slide, wherever it is in the file", async () => {
  const plane = (lens: number, focus: number, seed: number) => async () => {
    const side = lens === 20 ? 128 : 64;
    const size = { width: side, height: side };
    const jpeg = await makeJpeg(smoothPicture(size, seed), size);
    return { ...size, jpeg, lens, focus };
  };
  const made = [
    plane(20, -2000, 50),
    plane(20, 2000, 90),
    plane(20, 0, 0),
    plane(10, 2000, 90),
    plane(10, 0, 0),
    plane(10, -2000, 50),
  ];
  const pages = await Promise.all(made.map((make) => make()));
  const finest = { width: 128, height: 128 };
  await using slide = await open(pages);
  assertEquals(slide.levels.map(({ downsample }) => downsample), [1, 2]);
  assertLess(await difference(slide, smoothPicture(finest)), CLOSE);
  assertLess(
    await difference(slide, smoothPicture(small), { level: 1 }),
    CLOSE,
  );
  const inspected = await inspectSlide(new Blob([makeNdpi(pages)]));
  assertEquals(inspected.ignored.map(({ what, why }) => `${what}: ${why}`), [
    "page 0 (128×128 px): its focal plane is -2000 nm from the slide's",
    "page 1 (128×128 px): its focal plane is 2000 nm from the slide's",
    "page 3 (64×64 px): its focal plane is 2000 nm from the slide's",
    "page 5 (64×64 px): its focal plane is -2000 nm from the slide's",
  ]);
  await using other = await open(pages, { page: 1 });
  assertLess(await difference(other, smoothPicture(finest, 90)), CLOSE);

  // No plane of the finest lens is at 0.
  await using near = await open(
    pages.filter(({ lens, focus }) => focus !== 0 || lens !== 20)
      .map((page) => page.focus === 2000 ? { ...page, focus: 1500 } : page),
  );
  assertLess(await difference(near, smoothPicture(finest, 90)), CLOSE);
  assertMatch(near.warnings![0], /none of its 3 focal planes.*1500 nm is read/);
});

Deno.test("NDPI: lens -1 is the macro, -2 the map, and what the scanner says are properties", async () => {
  const file = new Blob([makeNdpi([
    await smallPage({
      lens: 2.5,
      tags: { 65427: "A-1", 65449: "Product=NDP\r\nNo value\r\n=x\nA=b=c" },
    }),
    await smallPage({ lens: -1 }),
    await smallPage({ lens: -2 }),
    await smallPage({ tags: { 65421: undefined } }),
  ])]);
  await using slide = await openSlide(file, { name: "made" });
  assertEquals(slide.properties, {
    "hamamatsu.SourceLens": "2.5",
    "hamamatsu.Reference": "A-1",
    "hamamatsu.Product": "NDP",
    "hamamatsu.A": "b=c",
  });
  const { associated, ignored } = await inspectSlide(file);
  assertEquals(associated.map(({ name, page }) => [name, page]), [
    ["macro", "page 1"],
    ["map", "page 2"],
  ]);
  assertEquals(ignored, [{
    what: "page 3 (64×64 px)",
    why: "it has no lens tag",
  }]);
});

Deno.test("NDPI: a level's downsample is that of its lens, if its sides agree", async () => {
  const whole = async (width: number, height: number, lens: number) => {
    const size = { width, height };
    return { ...size, lens, jpeg: await makeJpeg(smoothPicture(size), size) };
  };
  await using slide = await open([
    await whole(640, 320, 40),
    await whole(64, 64, 5), // neither side
    await whole(159, 80, 10),
    await whole(320, 160, 19.9),
    await whole(318, 160, 20), // as large as the one before
  ]);
  assertEquals(
    slide.levels.map(({ width, downsample }) => [width, downsample]),
    [[640, 1], [318, 2], [159, 4]],
  );
});

Deno.test("NDPI: where the JPEG has another size than its tags, its own is taken", async () => {
  const page = await usualPage();
  await using tiled = await open([{ ...page, width: 2040 }]);
  assertEquals([tiled.width, tiled.height], [2043, 291]);
  assertMatch(tiled.warnings![0], /another size in its JPEG.*2043×291 px/);
  await using whole = await open([await smallPage({ width: 60 })]);
  assertEquals([whole.width, whole.warnings], [64, []]);
});

Deno.test("NDPI: what cannot be the slide is refused by name", async () => {
  const usual = await usualPage();
  const large = await makeRestartJpeg(picture, size);
  const at = large.jpeg.findIndex((byte, i) =>
    byte === 0xff && large.jpeg[i + 1] === 0xdd
  );
  large.jpeg.set([0, 0], at + 4); // no restart markers
  const cases: [NdpiPage[], RegExp][] = [
    [[await smallPage(), await smallPage()], /2 pages of lens 40 at one focus/],
    [[await smallPage({ lens: -1 })], /no page of a lens/],
    [[await smallPage({ tags: { 259: 22610 } })], /JPEG XR.*bfconvert/],
    [[await smallPage({ tags: { 259: 1 } })], /uncompressed pixels.*bfconvert/],
    [[await smallPage({ tags: { 259: 5 } })], /compression 5/],
    [[await smallPage({ tags: { 277: 1 } })], /3 components.*tags say 1/],
    [[await smallPage({ tags: { 273: 99_999 } })], /truncated/],
    [[await smallPage({ tags: { 273: [12, 13] } })], /must be one JPEG/],
    [[await smallPage({ tags: { 279: 50 } })], /cut short/],
    [
      [{ ...usual, ...large, width: 66000 }],
      /66000×291 px in one JPEG without restart/,
    ],
    [[{ ...usual, width: 66000 }], /restart intervals are not tiles/],
  ];
  for (const [pages, said] of cases) {
    const error = await assertRejects(() => open(pages), Error);
    assertMatch(error.message, said);
    assertLess(error.message.length, 400);
  }
  const loop = makeNdpi([await smallPage()], { loop: true });
  await assertRejects(() => openSlide(new Blob([loop])), SyntaxError, "loop");
  const cut = makeNdpi([await smallPage(), await smallPage({ lens: 20 })]);
  await assertRejects(
    () => openSlide(new Blob([cut.subarray(0, cut.length / 2)])),
    SyntaxError,
    "points past the end of the file",
  );
});

Deno.test("NDPI: entries of an unknown type have no value", async () => {
  const file = makeNdpi([await smallPage()]);
  const view = new DataView(file.buffer);
  const directory = view.getUint32(4, true);
  const count = view.getUint16(directory, true);
  for (let i = 0; i < count; i++) {
    const changed = file.slice();
    new DataView(changed.buffer).setUint16(directory + 4 + 12 * i, 99, true);
    try {
      await using slide = await openSlide(new Blob([changed]));
      assertEquals(slide.width, 64);
    } catch (error) {
      assertMatch(String(error), /^\w+: Cannot open slide "a Blob": [a-z0-9]/);
      assertEquals(/undefined/.test(String(error)), false, String(error));
    }
  }
});

Deno.test("NDPI: wrong restart markers are damage", async () => {
  const page = await usualPage();
  const starts = page.starts!;
  const changed: [Uint8Array, RegExp][] = [
    // Out of order, one missing, and one too many.
    [page.jpeg.with(starts[9] - 1, 0xd5), /restart marker 8 is not the next/],
    [
      page.jpeg.with(starts.at(-1)! - 1, 0),
      /it has 73 of 74 restart intervals/,
    ],
    [
      Uint8Array.from([
        ...page.jpeg.subarray(0, -2),
        ...[0xff, 0xd0 + 73 % 8, 0, 0xff, 0xd9],
      ]),
      /more than 74 intervals/,
    ],
  ];
  for (const [jpeg, said] of changed) {
    await using slide = await open([{ ...page, jpeg, starts: undefined }]);
    const all = { x: 0, y: 0, ...size };
    const error = await assertRejects(() => slide.readRegion(all), SyntaxError);
    assertMatch(error.message, said);
  }
});

Deno.test("NDPI: a file past 4 GiB is read by 64-bit offsets", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/far.ndpi`;
    const gap = 2 ** 32 + 4096;
    const bytes = makeNdpi([await usualPage()], { gap });
    using file = await Deno.open(path, { write: true, create: true });
    file.writeSync(bytes.subarray(0, 12));
    file.seekSync(12 + gap, Deno.SeekMode.Start); // a hole, which takes no space
    for (let done = 12; done < bytes.length;) {
      done += file.writeSync(bytes.subarray(done));
    }
    await using slide = await openSlide(path);
    assertLess(await difference(slide, picture), CLOSE);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("NDPI: a server is asked few times", async () => {
  // Intervals of a row are far apart, as on a wide slide.
  const wide = { width: 16384, height: 64 };
  const made = await makeRestartJpeg(smoothPicture(wide), wide);
  const bytes = makeNdpi([{ ...wide, ...made }]);
  await using server = startRangeServer(bytes);
  await using slide = await openSlide(server.url);
  const opened = server.served.length;
  // The head, the directory, and what is before it.
  assertLess(opened, 5);
  const region = { x: 3000, y: 0, width: 700, height: 64 };
  await difference(slide, smoothPicture(wide), region);
  assertLess(server.served.length - opened, 5);
  assert(server.served.length > opened);
});

Deno.test("NDPI: files with 32-bit links are read as well", async () => {
  const page = await usualPage();
  const file = await makeTiff([{
    ...size,
    pixels: new Uint8Array(),
    blocks: [page.jpeg],
    tags: { 259: 7, 262: 6, 65420: 1, 65421: 40, 65426: page.starts! },
  }]);
  await using slide = await openSlide(new Blob([file]));
  assertEquals(slide.format, "Hamamatsu NDPI");
  assertLess(await difference(slide, picture), CLOSE);
});

Deno.test("NDPI: a classic TIFF whose first bytes look like a 64-bit link is a TIFF", async () => {
  const file = await makeTiff([{
    width: 20,
    height: 10,
    pixels: noise(20, 10),
  }]);
  const view = new DataView(file.buffer);
  view.setUint32(8, 0, true); // the first pixels
  await using slide = await openSlide(new Blob([file]));
  assertEquals(slide.format, "TIFF");
});
