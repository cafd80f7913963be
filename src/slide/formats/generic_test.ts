import { assertEquals, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { openPages, readAll } from "../../../tests/helpers/open_pages.ts";
import { openSlide } from "../open_slide.ts";

const [width, height] = [20, 10];

function page(more: Partial<PageSpec> = {}): PageSpec {
  return { width, height, pixels: noise(width, height), ...more };
}

/** A grayscale page. */
function gray(channel: number, more: Partial<PageSpec> = {}): PageSpec {
  return page({
    samples: 1,
    pixels: noise(width, height).filter((_, i) => i % 3 === channel),
    ...more,
  });
}

const planes = (text: string, count = 3) =>
  [...Array(count).keys()].map((i) =>
    gray(i % 3, i === 0 ? { tags: { 270: text } } : {})
  );

async function refused(
  pages: readonly PageSpec[],
  reason: string,
): Promise<void> {
  await assertRejects(() => openPages(pages), TypeError, reason);
}

Deno.test("openSlide() refuses stacks by what they hold", async () => {
  await refused(
    planes("ImageJ=1\nimages=3\nslices=3\n"),
    "3 slices (an ImageJ",
  );
  await refused(
    planes("ImageJ=1\nimages=3\nframes=3\n"),
    "3 frames (an ImageJ",
  );
  await refused(
    planes("ImageJ=1\nimages=6\nchannels=3\nslices=2\n", 6),
    "3 channels, 2 slices (an ImageJ stack)",
  );
  await refused(
    planes("ImageJ=1\nimages=5\nchannels=5\n", 5),
    "5 channels (an ImageJ stack)",
  );
  // ImageJ writes large stacks after a single directory.
  await refused(planes("ImageJ=1\nimages=90\n", 1), "90 images (an ImageJ");
  await refused(planes("ImageJ=1\nimages=3\nchannels=3\n", 1), "3 channels");
  await refused(planes("", 2), "2 pages of one size");
  await refused(planes("", 4), "4 pages of one size");
  await refused([page(), page(), page()], "3 pages of one size");
  await refused(
    planes('{"shape": [5, 10, 20], "truncated": true}', 1),
    "5 planes (an array of 5×10×20)",
  );
  await refused(
    [page(), page({ width: 19 })].map((spec) => ({
      ...spec,
      pixels: noise(spec.width, height),
    })),
    "2 pictures, and it is ambiguous",
  );
});

Deno.test("openSlide() joins three grayscale pages, and says so where nothing says that they are colors", async () => {
  for (
    const [text, warnings] of [
      ["", 1],
      ["ImageJ=1\nimages=3\nchannels=3\nhyperstack=true\n", 1],
      ['{"shape": [3, 10, 20]}', 0],
      ['{"shape": [1, 1, 3, 10, 20]}', 0],
    ] as const
  ) {
    await using slide = await openPages(planes(text));
    assertEquals(await readAll(slide), noise(width, height));
    assertEquals(slide.warnings?.length, warnings, text);
  }
});

Deno.test("openSlide() takes only pages that are marked as reduced for levels", async () => {
  const half = page({ width: 10, height: 5, pixels: noise(10, 5) });
  await using plain = await openPages([page(), half]);
  assertEquals(plain.levels.length, 1);
  assertEquals(plain.warnings, [
    "the largest of 2 pictures is taken as the slide, page 0 (20×10 px); inspect lists the others",
  ]);
  await using marked = await openPages([page(), { ...half, tags: { 254: 1 } }]);
  assertEquals(marked.levels.length, 2);
  assertEquals(marked.warnings, []);
});

Deno.test("openSlide() takes the scale of the picture that it reads, and of no other", async () => {
  const scaled = { 282: [10000, 4], 283: [10000, 4], 296: 3 };
  const small = page({ width: 5, height: 3, pixels: noise(5, 3) });
  await using slide = await openPages([
    { ...small, tags: { 254: 1, ...scaled } },
    page(),
  ]);
  assertEquals([slide.width, slide.mpp], [20, undefined]);
  const unit = (text: string) => ({
    270: `ImageJ=1.53t\nimages=1\nunit=${text}\n`,
    282: [4, 1],
    283: [2, 1],
    296: 1,
  });
  for (
    const [text, mpp] of [
      ["micron", { x: 0.25, y: 0.5 }],
      ["\\u00B5m", { x: 0.25, y: 0.5 }],
      ["pixel", undefined],
    ] as const
  ) {
    await using own = await openPages([page({ tags: unit(text) })]);
    assertEquals(own.mpp, mpp, text);
  }
});

Deno.test("openSlide() reads three samples that are called gray as RGB, and refuses more than a rule explains", async () => {
  await using rgb = await openPages([page({ tags: { 262: 1, 338: [0, 0] } })]);
  assertEquals(await readAll(rgb), noise(width, height));
  const samples = (count: number): Partial<PageSpec> => ({
    samples: count,
    pixels: noise(width, Math.ceil(height * count / 3)).subarray(
      0,
      width * height * count,
    ),
  });
  await using rgba = await openPages([
    page({ ...samples(4), tags: { 262: 1, 338: [0, 0, 2] } }),
  ]);
  assertEquals((await readAll(rgba)).length, width * height * 3);
  for (
    const [count, tags] of [
      [2, { 262: 1, 338: 0 }],
      [4, { 262: 1, 338: [0, 0, 0] }],
      [5, { 262: 2, 338: [0, 0] }],
      [7, { 262: 2, 338: [0, 0, 0, 0] }],
      [3, { 262: 0 }],
    ] as const
  ) {
    await refused(
      [page({ ...samples(count), tags })],
      `the meaning of its ${count} samples per pixel is not defined`,
    );
  }
});

Deno.test("openSlide() scales floats and wide integers by what the file or the caller says, or refuses them", async () => {
  const floats = new Uint8Array(
    Float32Array.from({ length: width * height }, (_, i) => i).buffer,
  );
  const spec = (tags: PageSpec["tags"]): PageSpec =>
    page({ samples: 1, sampleBytes: 4, pixels: floats, tags });
  const most = width * height - 1;
  await assertRejects(
    () => openPages([spec({ 339: 3 })]),
    RangeError,
    "the file declares no range",
  );
  await refused([spec({ 339: 1 })], "its 32-bit integers have no range");
  const said: PageSpec["tags"][] = [
    { 339: 3, 340: 0, 341: most },
    { 339: 3, 270: `ImageJ=1\nimages=1\nmin=0.0\nmax=${most}.0\n` },
  ];
  for (const tags of said) {
    await using slide = await openPages([spec(tags)]);
    const pixels = await readAll(slide);
    assertEquals([pixels[0], pixels.at(-1)], [0, 255]);
  }
  const file = new Blob([await makeTiff([spec({ 339: 3 })])]);
  await using given = await openSlide(file, { sampleRange: [0, most] });
  assertEquals((await readAll(given)).at(-1), 255);
  await assertRejects(
    () => openSlide(file, { sampleRange: [1, 1] }),
    RangeError,
    "sampleRange must be a smaller and a larger number",
  );
});
