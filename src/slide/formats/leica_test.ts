import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { makeTiff, type PageSpec } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { readAll } from "../../../tests/helpers/open_pages.ts";
import { inspectSlide } from "../inspect_slide.ts";
import { openSlide } from "../open_slide.ts";

const NM = 500;
const SCN = "http://www.leica-microsystems.com/scn/2010/10/01";

/** An image of a made collection, in level-0 pixels. */
interface ImageSpec {
  readonly name: string;
  readonly at: readonly [x: number, y: number];
  readonly size: readonly [width: number, height: number];
  /** Its dimensions: width, height, page, and further attributes. */
  readonly pages: readonly (readonly [number, number, number, string?])[];
  readonly settings?: string;
}

const BRIGHT =
  `<objective>20</objective><illuminationSource>brightfield</illuminationSource>`;

function scn(
  images: readonly ImageSpec[],
  { width = 96, height = 64, more = "", xmlns = SCN } = {},
): string {
  const image = ({ name, at, size, pages, settings = BRIGHT }: ImageSpec) =>
    `<image name="${name}"><pixels>${
      pages.map(([width, height, ifd, more = ""]) =>
        `<dimension sizeX="${width}" sizeY="${height}" ifd="${ifd}" ${more}/>`
      ).join("")
    }</pixels><view sizeX="${size[0] * NM}" sizeY="${size[1] * NM}" offsetX="${
      at[0] * NM
    }" offsetY="${
      at[1] * NM
    }"/><scanSettings>${settings}</scanSettings></image>`;
  return `<?xml version="1.0"?><scn xmlns="${xmlns}"><collection sizeX="${
    width * NM
  }" sizeY="${height * NM}">${
    images.map(image).join("")
  }${more}</collection></scn>`;
}

/** A file of pages of such sizes, each of its own noise. */
async function file(
  xml: string,
  sizes: readonly (readonly [number, number])[],
  more: Partial<PageSpec> = {},
): Promise<Blob> {
  const resolution = { 282: [20000, 1], 283: [20000, 1], 296: 3 };
  return new Blob([
    await makeTiff(
      sizes.map(([width, height], i) => ({
        width,
        height,
        pixels: pixelsOf(i, width, height),
        tile: { width: 16, height: 16 },
        ...more,
        tags: { ...resolution, ...more.tags, 270: i === 0 ? xml : "-" },
      })),
      { bigTiff: true },
    ),
  ]);
}

function pixelsOf(page: number, width: number, height: number): Uint8Array {
  return noise(width, height, 3).map((value) => value ^ (page * 37 % 255));
}

/** A white canvas with pictures on it: the first stays. */
function paint(
  width: number,
  height: number,
  areas: readonly (readonly [
    x: number,
    y: number,
    w: number,
    h: number,
    page: number,
  ])[],
): Uint8Array {
  const canvas = new Uint8Array(width * height * 3).fill(255);
  for (const [left, top, w, h, page] of areas.toReversed()) {
    const pixels = pixelsOf(page, w, h);
    for (let y = Math.max(0, top); y < Math.min(height, top + h); y++) {
      for (let x = Math.max(0, left); x < Math.min(width, left + w); x++) {
        const from = ((y - top) * w + x - left) * 3;
        canvas.set(pixels.subarray(from, from + 3), (y * width + x) * 3);
      }
    }
  }
  return canvas;
}

const MACRO: ImageSpec = {
  name: "macro",
  at: [0, 0],
  size: [96, 64],
  pages: [[24, 16, 0]],
};
const LEFT: ImageSpec = {
  name: "left",
  at: [4, 8],
  size: [36, 20],
  pages: [[36, 20, 1], [9, 5, 2]],
};
const RIGHT: ImageSpec = {
  name: "right",
  at: [48, 12],
  size: [40, 44],
  pages: [[10, 11, 4], [40, 44, 3]],
};
const SIZES = [[24, 16], [36, 20], [9, 5], [40, 44], [10, 11]] as const;

Deno.test("Leica: areas lie on one canvas, levels go by size, and the macro is beside the slide", async () => {
  const more =
    `<supplementalImage type="label" ifd="5"/><supplementalImage type="x" ifd="99"/><barcode>QQ==</barcode><device model="SCN400; D"/>`;
  const blob = await file(scn([MACRO, LEFT, RIGHT], { more }), [
    ...SIZES,
    [8, 8],
    [7, 7],
  ]);
  await using slide = await openSlide(blob);
  assertEquals(slide.format, "Leica SCN");
  assertEquals(slide.levels, [
    { width: 96, height: 64, downsample: 1 },
    { width: 24, height: 16, downsample: 4 },
  ]);
  assertEquals([slide.mpp, slide.objectivePower], [{ x: 0.5, y: 0.5 }, 20]);
  assertEquals(slide.warnings, []);
  assertEquals(slide.bounds, { x: 4, y: 8, width: 84, height: 48 });
  assertEquals(slide.properties, {
    "leica.barcode": "QQ==",
    "leica.device.model": "SCN400; D",
    "leica.objective": "20",
    "leica.illuminationSource": "brightfield",
  });
  assertEquals(
    await readAll(slide),
    paint(96, 64, [[4, 8, 36, 20, 1], [48, 12, 40, 44, 3]]),
  );
  assertEquals(
    await slide.readRegion({ x: 0, y: 0, width: 24, height: 16 }, { level: 1 }),
    paint(24, 16, [[1, 2, 9, 5, 2], [12, 3, 10, 11, 4]]),
  );
  assertEquals(
    (await slide.readAssociated("macro")).pixels,
    pixelsOf(0, 24, 16),
  );
  assertEquals((await slide.readAssociated("label")).pixels, pixelsOf(5, 8, 8));
  const inspection = await inspectSlide(blob);
  assertEquals(inspection.bounds, slide.bounds);
  assertEquals(inspection.properties, slide.properties);
  assertEquals(inspection.levels[0].areas, [
    { page: "page 1", x: 4, y: 8, width: 36, height: 20 },
    { page: "page 3", x: 48, y: 12, width: 40, height: 44 },
  ]);
  assertEquals(
    inspection.associated.map(({ name, page }) => [name, page]),
    [["macro", "page 0"], ["label", "page 5"]],
  );
  assertEquals(inspection.objectivePower?.source, "objective in the XML");
  assertEquals(inspection.ignored.map(({ what, why }) => `${what}: ${why}`), [
    "page 6 (7×7 px): its XML does not mention it",
  ]);
});

Deno.test("Leica: where areas overlap, the first stays; what lies beyond the collection is cut off, with a warning", async () => {
  const over = { ...RIGHT, at: [30, 16], pages: [[40, 44, 3]] } as const;
  const far = { ...RIGHT, at: [80, -8], pages: [[40, 44, 4]] } as const;
  const blob = await file(scn([MACRO, LEFT, over, far]), [
    ...SIZES.slice(0, 4),
    [40, 44],
  ]);
  await using slide = await openSlide(blob);
  assertEquals(slide.levels.length, 1); // only one area has a second level
  assertEquals(
    await readAll(slide),
    paint(96, 64, [
      [4, 8, 36, 20, 1],
      [30, 16, 40, 44, 3],
      [80, -8, 40, 44, 4],
    ]),
  );
  assertEquals(slide.warnings, [
    'image "right" reaches 24 px beyond the collection, where it is cut off',
  ]);
  const { ignored } = await inspectSlide(blob);
  assertEquals(ignored.map(({ why }) => why), [
    "not all areas have this level",
  ]);
});

Deno.test("Leica: of focal planes, that of number 0 is the slide; if it is missing, the file is refused", async () => {
  const planes = (numbers: readonly number[]): ImageSpec => ({
    ...LEFT,
    pages: numbers.map((z, i) => [36, 20, i, `z="${z}"`]),
  });
  const sizes = [[36, 20], [36, 20], [36, 20]] as const;
  const xmlns = SCN.replace("10/01", "03/10");
  const blob = await file(scn([planes([1, 0, 2])], { xmlns }), sizes);
  await using slide = await openSlide(blob);
  assertEquals(await readAll(slide), paint(96, 64, [[4, 8, 36, 20, 1]]));
  const { ignored } = await inspectSlide(blob);
  assertEquals(
    ignored.map(({ why }) => why),
    [1, 2].map((z) => `its focal plane is z ${z}, and the slide's is z 0`),
  );
  const without = await file(scn([planes([1, 2, 3])]), sizes);
  await assertRejects(
    () => openSlide(without),
    TypeError,
    'without a focal plane 0 (image "left" has z 1, 2, 3), which is not supported: export one area as TIFF, convert it with bfconvert -series N (Bio-Formats), or select one page with --page N',
  );
  await using chosen = await openSlide(without, { page: 2 });
  assertEquals(await readAll(chosen), pixelsOf(2, 36, 20));
});

Deno.test("Leica: reduced pages that were rounded keep their whole factor, and others their own", async () => {
  const image = (width: number, height: number): ImageSpec => ({
    name: "rounded",
    at: [16, 32],
    size: [66, 31],
    pages: [[66, 31, 0], [width, height, 1]],
  });
  const levelOf = async (width: number, height: number) => {
    const blob = await file(scn([image(width, height)], { width: 320 }), [
      [66, 31],
      [width, height],
    ]);
    const { levels: [, level], ignored } = await inspectSlide(blob);
    return { level, ignored };
  };
  const { level } = await levelOf(16, 7);
  assertEquals([level.width, level.downsample], [80, 4]);
  assertEquals(level.areas?.map(({ x, y }) => [x, y]), [[4, 8]]);
  const { level: odd } = await levelOf(44, 21); // 1 / 1.5
  assertEquals([odd.width, odd.downsample], [214, 1.5]);
  const { level: none, ignored } = await levelOf(33, 6);
  assertEquals(none, undefined);
  assertMatch(ignored[0].why, /image "rounded" is of another scale/);
});

Deno.test("Leica: the scale is that of the tags or of the views; if they differ, there is none", async () => {
  const open = async (tags: PageSpec["tags"]) =>
    await inspectSlide(
      await file(scn([LEFT]), [[5, 5], [36, 20], [9, 5]], { tags }),
    );
  const tagged = await open({});
  assertEquals(tagged.mpp?.source, "XResolution, YResolution (per cm)");
  const viewed = await open({ 296: 1 });
  assertEquals(viewed.mpp, { x: 0.5, y: 0.5, source: "view in the XML" });
  const differing = await open({ 282: [10000, 1] });
  assertEquals(differing.mpp, undefined);
  assertMatch(differing.warnings.join(), /say 1 µm per pixel, and its XML 0.5/);
});

const REFUSED: readonly [string, string, (typeof SIZES)?][] = [
  [
    scn([MACRO, { ...LEFT, settings: BRIGHT.replace("bright", "dark") }]),
    'it is a Leica SCN file of darkfield (image "left"), which is not supported: export',
  ],
  [
    scn([{
      ...LEFT,
      settings: "<illuminationSource>fluorescence</illuminationSource>",
    }]),
    "of fluorescence",
  ],
  [
    scn([{ ...LEFT, pages: [[36, 20, 1, 'c="0"'], [9, 5, 2, 'c="1"']] }]),
    "of fluorescence, 2 channels",
  ],
  [scn([{ ...LEFT, pages: [[36, 20, 1, 'c="2"']] }]), "of fluorescence"],
  [
    scn([LEFT, { ...RIGHT, size: [80, 88] }]),
    'whose areas are of different resolutions ("left" has 500, and "right" has 1000 nm per pixel)',
  ],
  [scn([{ ...LEFT, size: [36, 40] }]), 'image "left" has pixels of 500×1000'],
  [scn([MACRO]), "without areas beside the macro"],
  [scn([]), "without areas beside the macro"],
  [
    scn([MACRO, { ...MACRO, name: "other", pages: [[40, 44, 3]] }]),
    'with 2 images as large as the collection ("macro" and "other")',
  ],
  [
    scn([{ ...LEFT, pages: [[36, 20, 1], [36, 20, 2]] }]),
    "with several pages 36 px wide",
  ],
  [scn([LEFT], { xmlns: SCN.replace("2010", "2031") }), "unknown version"],
  [scn([{ ...LEFT, pages: [[36, 20, 9]] }]), "has no page 9, only 0 to 4"],
  [scn([{ ...LEFT, pages: [] }]), 'image "left" has no pages'],
  [scn([LEFT, { ...LEFT, name: "again" }]), "it uses page 1 twice"],
  [scn([{ ...LEFT, pages: [[40, 20, 1]] }]), "but it has page 1 (36×20 px)"],
  [scn([{ ...LEFT, at: [400, 8] }]), 'image "left" lies outside of the'],
  [scn([LEFT], { width: 2 ** 25 }), "a side has at most"],
  [scn([LEFT], { width: -4 }), "the size of its collection is -2000×32000"],
  [scn([LEFT]).replace("offsetX", "offset"), "offsetX of its view is missing"],
  [
    scn([LEFT]).replace('offsetX="2', 'offsetX="x'),
    'offsetX of its view is "x',
  ],
  [scn([LEFT]).replaceAll("view ", "look "), 'image "left" has no view'],
  [scn([LEFT]).replaceAll("collection", "x"), "it has no collection"],
];

Deno.test("Leica: what cannot be one slide is refused by name, with a way out", async () => {
  for (const [xml, reason] of REFUSED) {
    const blob = await file(xml, SIZES);
    const error = await assertRejects(() => openSlide(blob), Error);
    assertStringIncludes(error.message, reason);
    assertStringIncludes(error.message, "--page N");
    await using chosen = await openSlide(blob, { page: 1 });
    assertEquals(chosen.width, 36);
  }
  const turned = await file(scn([LEFT]), SIZES, { tags: { 274: 6 } });
  await assertRejects(() => openSlide(turned), TypeError, "turned or mirrored");
});

Deno.test("Leica: without a light source, color is taken as brightfield with a warning, and gray is refused", async () => {
  const xml = scn([{ ...LEFT, settings: "" }]);
  await using slide = await openSlide(await file(xml, SIZES));
  assertMatch(slide.warnings!.join(), /no light source for image "left"/);
  assertEquals(slide.objectivePower, undefined);
  const gray = await file(xml, SIZES, { samples: 1 });
  await assertRejects(() => openSlide(gray), TypeError, "is not in color");
});

Deno.test("Leica: areas of two objectives, and tiles that are missing", async () => {
  const other = { ...RIGHT, settings: BRIGHT.replace("20", "40") };
  const [offsets, counts] = [Array(12).fill(0), Array(12).fill(0)];
  const blob = await file(scn([LEFT, other]), SIZES, {
    tags: { 324: offsets, 325: counts },
  });
  await using slide = await openSlide(blob);
  assertEquals(slide.objectivePower, undefined);
  assertEquals(await readAll(slide), paint(96, 64, []));
  const { levels } = await inspectSlide(blob);
  assertEquals(levels[0].missingBlocks, 24);
});
