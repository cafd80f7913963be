import { assertEquals, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { openPages, readAll } from "../../../tests/helpers/open_pages.ts";
import { inspectSlide } from "../inspect_slide.ts";
import { openSlide } from "../open_slide.ts";

const tile = { width: 16, height: 16 };

function page(
  width: number,
  height: number,
  more: Partial<PageSpec> = {},
): PageSpec {
  return { width, height, pixels: noise(width, height), tile, ...more };
}

async function refused(
  pages: readonly PageSpec[],
  reason: string,
): Promise<void> {
  await assertRejects(() => openPages(pages), TypeError, reason);
}

Deno.test("Aperio: the slide is the first tiled page, however large the macro", async () => {
  const described = (text: string) => ({ 270: `Aperio x\r\n${text}` });
  await using slide = await openPages([
    page(64, 48, { tags: described("64x48|AppMag = 20|MPP = 0,2500") }),
    page(16, 12, { tile: undefined }),
    page(32, 24),
    page(39, 46, { tile: undefined, tags: described("label 39x46") }),
    page(90, 80, { tags: described("macro 90x80") }),
  ]);
  assertEquals(slide.format, "Aperio SVS");
  assertEquals(slide.levels.map(({ width }) => width), [64, 32]);
  assertEquals([slide.mpp, slide.objectivePower], [{ x: 0.25, y: 0.25 }, 20]);
  await refused([
    page(64, 48, { tags: described("z0|MPP = 0.25") }),
    page(64, 48),
  ], "it contains 2 planes of one size");
});

Deno.test("Aperio: numbers as vendors write them, and none that is no scale", async () => {
  for (
    const [text, mpp, warnings] of [
      ["MPP = 2.5e-1", 0.25, 0],
      ["MPP = 0.4990|Left = 3", 0.499, 0],
      ["MPP = 0|AppMag = 0", undefined, 1],
      ["MPP = twenty", undefined, 1],
      ["Left = 3", undefined, 0],
    ] as const
  ) {
    await using slide = await openPages([
      page(16, 16, { tags: { 270: `Aperio x\r\n|${text}` } }),
    ]);
    assertEquals(slide.mpp?.x, mpp, text);
    assertEquals(slide.warnings?.length, warnings, text);
    assertEquals(slide.objectivePower, undefined, text);
  }
});

Deno.test("QPTIFF: types of pages say what they are; bands are refused", async () => {
  const typed = (type: string, more = "") => ({
    270:
      `<PerkinElmer-QPI-ImageDescription><ImageType>${type}</ImageType>${more}<Objective>20x</Objective></PerkinElmer-QPI-ImageDescription>`,
    305: "PerkinElmer-QPI",
    282: [20000, 1],
    283: [20000, 1],
    296: 3,
  });
  const file = new Blob([
    await makeTiff([
      page(64, 48, { tags: typed("FullResolution") }),
      page(16, 12, { tags: typed("Thumbnail") }),
      page(32, 24, { tags: typed("ReducedResolution") }),
      page(80, 80, { tags: typed("Overview") }),
      page(20, 20, { tile: undefined, tags: typed("Label") }),
      page(20, 20, { tags: typed("Mosaic") }),
    ]),
  ]);
  await using slide = await openSlide(file);
  assertEquals(slide.levels.map(({ downsample }) => downsample), [1, 2]);
  assertEquals([slide.mpp?.x, slide.objectivePower], [0.5, 20]);
  const { format, associated, ignored, mpp } = await inspectSlide(file);
  assertEquals(format, "QPTIFF (PerkinElmer, Akoya)");
  assertEquals(
    associated.map(({ name, page, width }) => [name, page, width]),
    [["thumbnail", "page 1", 16], ["macro", "page 3", 80], [
      "label",
      "page 4",
      20,
    ]],
  );
  assertEquals(ignored.map(({ why }) => why), [`its type is "Mosaic"`]);
  assertEquals(mpp?.source, "XResolution, YResolution (per cm)");
  const band = (name: string) => ({
    ...page(64, 48, {
      samples: 1,
      tags: typed("FullResolution", `<Biomarker>${name}</Biomarker>`),
    }),
    pixels: noise(64, 16),
  });
  await refused(
    [band("DAPI"), band("CD8"), band("PanCK")],
    "it contains fluorescence, 3 bands (DAPI, CD8, PanCK)",
  );
  await refused([band("DAPI")], "it contains fluorescence, 1 band (DAPI)");
  const full = page(64, 48, { tags: typed("FullResolution") });
  await refused([full, full], "it contains 2 pictures of full resolution");
  await refused(
    [page(16, 12, { tags: typed("Thumbnail") })],
    "none of its pages is declared as full resolution",
  );
});

Deno.test("Olympus is refused by name, not read as something else", async () => {
  await refused([page(16, 16, { tags: { 305: "cellSens 4" } })], "Olympus VSI");
});

Deno.test("openSlide() takes the page that it is told, with its SubIFDs", async () => {
  const plane = (i: number): PageSpec => ({
    ...page(20, 10, { tile: undefined }),
    pixels: noise(20, 10).map((value) => value ^ i),
  });
  const file = new Blob([await makeTiff([plane(0), plane(1), plane(2)])]);
  await assertRejects(
    () => openSlide(file),
    TypeError,
    "it contains 3 pages of one size, and it is ambiguous which picture is the slide: select one page, here page 0 (20×10 px) to page 2, with --page N (openSlide's page)",
  );
  await using slide = await openSlide(file, { page: 1 });
  assertEquals(await readAll(slide), plane(1).pixels);
  await assertRejects(
    () => openSlide(file, { page: 3 }),
    RangeError,
    "it has pages 0 to 2, received 3",
  );
  for (const page of [-1, 1.5]) {
    await assertRejects(
      () => openSlide(file, { page }),
      RangeError,
      "page must be",
    );
  }
});
