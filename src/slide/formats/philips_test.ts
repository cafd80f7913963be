import { assertEquals, assertMatch } from "@std/assert";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { openPages, readAll } from "../../../tests/helpers/open_pages.ts";
import { inspectSlide } from "../inspect_slide.ts";
import { openSlide } from "../open_slide.ts";

function page(
  width: number,
  height: number,
  more: Partial<PageSpec> = {},
): PageSpec {
  const tile = { width: 16, height: 16 };
  return { width, height, pixels: noise(width, height), tile, ...more };
}

const SPACING = "DICOM_PIXEL_SPACING";

/** Philips' XML: rows are twice as far apart as columns. */
function philipsXml({ whole, levels, more = "" }: {
  /** Millimeters between columns. */
  readonly whole?: number;
  /** The numbers of the levels, of a spacing of 0.00025 mm × 2^number. */
  readonly levels: readonly number[];
  /** Further pictures. */
  readonly more?: string;
}): string {
  const attribute = (name: string, text: string | number) =>
    `<Attribute Name="${name}">${text}</Attribute>`;
  const spacing = (mm: number) =>
    attribute(SPACING, `&quot;${mm * 2}&quot; &quot;${mm}&quot;`);
  const object = (type: string, text: string) =>
    `<DataObject ObjectType="${type}">${text}</DataObject>`;
  const number = "PIIM_DP_PIXEL_DATA_REPRESENTATION_NUMBER";
  const stored = levels.map((level) =>
    object(
      "PixelDataRepresentation",
      spacing(0.00025 * 2 ** level) + attribute(number, level),
    )
  ).join("");
  const slide = attribute("PIM_DP_IMAGE_TYPE", "WSI") +
    (whole ? spacing(whole) : "") + stored;
  return object(
    "DPUfsImport",
    `<Array>${object("DPScannedImage", slide)}${more}</Array>`,
  );
}

Deno.test("Philips: the XML tells spacing and sizes, rows before columns", async () => {
  const xml = philipsXml({ whole: 0.00025, levels: [1, 0, 2] });
  const software = { 305: "Philips DP v1.0" };
  await using slide = await openPages([
    page(96, 64, { tags: { ...software, 270: xml } }),
    page(48, 32, { tags: { 254: 1 } }),
    page(32, 16, { tags: { 254: 1 } }), // 24×16, padded
    page(40, 20, { tile: undefined, tags: { 254: 1, 270: "Macro" } }),
  ]);
  assertEquals(slide.format, "Philips TIFF");
  assertEquals(slide.mpp, { x: 0.25, y: 0.5 });
  assertEquals(slide.levels, [
    { width: 96, height: 64, downsample: 1 },
    { width: 48, height: 32, downsample: 2 },
    { width: 24, height: 16, downsample: 4 },
  ]);
  // A level that the XML names may still be one that cannot be read.
  await using unread = await openPages([
    page(96, 64, { tags: { ...software, 270: xml } }),
    page(48, 32, { tags: { 254: 1, 259: 3 } }),
    page(32, 16, { tags: { 254: 1 } }),
  ]);
  assertEquals(unread.levels.map(({ width }) => width), [96, 24]);
  assertMatch(unread.warnings![0], /page 1 .*is left out as a level: .*CCITT/);
  // An XML of more than the pages hold is not believed.
  await using damaged = await openPages([
    page(96, 64, {
      tags: { ...software, 270: xml.replaceAll("0.001", "0.00025") },
    }),
    page(48, 32, { tags: { 254: 1 } }),
    page(32, 16, { tags: { 254: 1 } }),
  ]);
  assertEquals(damaged.levels.map(({ width }) => width), [96, 48, 24]);
});

Deno.test("Philips: what the XML does not say, or says twice, is a warning and no scale", async () => {
  const open = (xml: string, first: Partial<PageSpec> = {}) =>
    openPages([
      page(96, 64, { tags: { 305: "Philips DP v1.0", 270: xml }, ...first }),
      page(48, 32, { tags: { 254: 1 } }),
    ]);
  await using unspaced = await open(
    philipsXml({ levels: [0, 1] }).replaceAll(SPACING, "X"),
  );
  assertEquals(unspaced.mpp, undefined);
  assertEquals(unspaced.levels.map(({ width }) => width), [96, 48]);
  assertMatch(unspaced.warnings!.join(), /its XML has no pixel spacing/);
  // The spacing of a coarser level is not the slide's.
  await using coarse = await open(
    philipsXml({ levels: [0, 1] }).replace(SPACING, "X"),
  );
  assertEquals(coarse.mpp, undefined);
  await using twice = await open(
    philipsXml({ whole: 0.0005, levels: [0, 1] }),
  );
  assertEquals(twice.mpp, undefined);
  assertMatch(
    twice.warnings!.join(),
    /two pixel spacings, 0.001,0.0005 mm .* and 0.0005,0.00025 mm/,
  );
  // Pages and spacings that do not belong together.
  for (const levels of [[0], [0, 2], [0, 1, 2]]) {
    await using other = await open(philipsXml({ whole: 0.00025, levels }));
    assertEquals(other.levels.map(({ downsample }) => downsample), [1, 2]);
    assertEquals(other.mpp?.x, 0.25);
    assertMatch(other.warnings!.join(), /spacings in its XML do not fit/);
  }
});

Deno.test("Philips: missing tiles are white, a chosen page has its own scale, and pictures in the XML are named", async () => {
  const more =
    `<DataObject ObjectType="DPScannedImage"><Attribute Name="PIM_DP_IMAGE_TYPE">LABELIMAGE</Attribute><Attribute Name="PIM_DP_IMAGE_DATA">AAAA</Attribute></DataObject>`;
  const xml = philipsXml({ whole: 0.00025, levels: [0, 1], more });
  const [offsets, counts] = [[0, 0], [0, 0]];
  const file = new Blob([
    await makeTiff([
      page(32, 16, {
        tags: { 305: "Philips DP v1.0", 270: xml, 324: offsets, 325: counts },
      }),
      page(16, 16, { tags: { 254: 1 } }),
    ]),
  ]);
  await using slide = await openSlide(file);
  assertEquals(slide.levels.map(({ height }) => height), [16, 8]);
  assertEquals(
    await readAll(slide),
    new Uint8Array(32 * 16 * 3).fill(255),
  );
  await using chosen = await openSlide(file, { page: 1 });
  assertEquals(chosen.mpp, { x: 0.5, y: 1 });
  const { ignored, levels, mpp } = await inspectSlide(file);
  assertEquals(ignored, [{
    what: "LABELIMAGE in the XML",
    why: "it is neither JPEG nor PNG",
  }]);
  assertEquals(levels.map(({ missingBlocks }) => missingBlocks), [2, 0]);
  assertEquals(mpp?.source, "DICOM_PIXEL_SPACING in the XML");
});
