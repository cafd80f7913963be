import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Attributes,
  type DicomPictureSpec,
  framePlace,
  makeDicom,
  makeDicomPicture,
  reduce,
} from "../../../../tests/helpers/make_dicom.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import { readAll } from "../../../../tests/helpers/open_pages.ts";
import { inspectSlide } from "../../inspect_slide.ts";
import { openSlide } from "../../open_slide.ts";
import { DICOM } from "./dicom.ts";

const [width, height] = [40, 36];
const pixels = noise(width, height);
const whole = { width, height, pixels };
const half = reduce(pixels, { width, height, factor: 2 });

const blob = (bytes: Uint8Array<ArrayBuffer>, name = "a.dcm") =>
  new File([bytes], name);
const open = (spec: Partial<DicomPictureSpec> = {}) =>
  openSlide([blob(makeDicomPicture({ ...whole, ...spec }))]);
const spaced = (mm: number): Attributes => ({
  SharedFunctionalGroupsSequence: [{
    PixelMeasuresSequence: [{ PixelSpacing: `${mm}\\${mm}` }],
  }],
});
const level = (
  { more, ...spec }: Partial<DicomPictureSpec> = {},
  name = "b.dcm",
) =>
  blob(
    makeDicomPicture({ ...half, ...spec, more: { ...spaced(0.001), ...more } }),
    name,
  );

/** Why a picture is refused. */
async function why(spec: Partial<DicomPictureSpec>): Promise<string> {
  const { message } = await assertRejects(() => open(spec), Error);
  return message.replace(/^Cannot open slide "a.dcm": /, "");
}

/** One frame a scan of one segment a sample: literal runs. */
function encodeRle(frame: Uint8Array): Uint8Array {
  const planes = [0, 1, 2].map((c) => {
    const values = frame.filter((_, i) => i % 3 === c);
    const runs: number[] = [];
    for (let i = 0; i < values.length; i += 128) {
      const part = values.subarray(i, i + 128);
      runs.push(part.length - 1, ...part);
    }
    return runs.length % 2 ? [...runs, 0] : runs;
  });
  const header = new Uint32Array(16);
  header.set([
    3,
    64,
    64 + planes[0].length,
    64 + planes[0].length + planes[1].length,
  ]);
  return Uint8Array.from([
    ...new Uint8Array(header.buffer),
    ...planes.flat(),
  ]);
}

Deno.test("openSlide() reads native frames, however the header is written", async () => {
  const planar = (frame: Uint8Array) =>
    Uint8Array.from([0, 1, 2].flatMap((c) => [
      ...frame.filter((_, i) => i % 3 === c),
    ]));
  const specs: Partial<DicomPictureSpec>[] = [
    {},
    { isOpen: true },
    { syntax: "" },
    { syntax: "", isOpen: true },
    { hasPreamble: false },
    { tile: { width: 10, height: 7 } },
    { encode: planar, more: { PlanarConfiguration: 1 } },
    { isSparse: true, order: [8, 7, 6, 5, 4, 3, 2, 1, 0] },
    {
      isSparse: true,
      isOpen: true,
      more: { DimensionOrganizationType: undefined },
    },
    { isSparse: true, more: { DimensionOrganizationType: "3D" } },
  ];
  for (const spec of specs) {
    await using slide = await open(spec);
    assertEquals(await readAll(slide), pixels);
    assertEquals(slide.warnings, []);
    assertEquals(slide.mpp, { x: 0.5, y: 0.5 });
    assertEquals(slide.objectivePower, 20);
  }
});

Deno.test("openSlide() reads frames in fragments by each table, and by none", async () => {
  const rle = { syntax: ".5", encode: encodeRle };
  for (const table of ["basic", "extended", "none"] as const) {
    await using slide = await open({ ...rle, table });
    assertEquals(await readAll(slide), pixels);
  }
  await using joined = await open({ ...rle, fragments: 3 });
  assertEquals(await readAll(joined), pixels);
  const tile = { width, height };
  await using one = await open({ ...rle, tile, fragments: 2, table: "none" });
  assertEquals(await readAll(one), pixels);
});

Deno.test("openSlide() reads gray and YBR frames", async () => {
  const gray = noise(width, height, 1);
  for (const flip of [0, 255]) {
    const photometric = flip ? "MONOCHROME1" : "MONOCHROME2";
    await using slide = await open({
      samples: 1,
      pixels: gray,
      more: { PhotometricInterpretation: photometric },
    });
    const found = await readAll(slide);
    const expected = Uint8Array.from(
      found,
      (_, i) => gray[Math.floor(i / 3)] ^ flip,
    );
    assertEquals(found, expected);
  }
  const ybr = (frame: Uint8Array) => frame.map((_, i) => [100, 90, 200][i % 3]);
  const pairs = (frame: Uint8Array) =>
    frame.subarray(0, frame.length / 3 * 2)
      .map((_, i) => [100, 100, 90, 200][i % 4]);
  for (const [name, encode] of [["", ybr], ["_422", pairs]] as const) {
    await using slide = await open({
      encode,
      more: { PhotometricInterpretation: `YBR_FULL${name}` },
    });
    const [r, g, b] = await readAll(slide);
    // 100 + 1.402 × 72, 100 + 0.344 × 38 − 0.714 × 72, 100 − 1.772 × 38
    assertEquals([r, g, b], [201, 62, 33]);
  }
});

Deno.test("openSlide() shows white where no frame is", async () => {
  await using slide = await open({ isSparse: true, order: [8, 0] });
  const at = async (x: number, y: number) => [
    ...await slide.readRegion({ x, y, width: 1, height: 1 }),
  ];
  assertEquals(await at(20, 3), [255, 255, 255]);
  assertEquals(await at(0, 0), [...pixels.subarray(0, 3)]);
  const { levels } = await inspectSlide(blob(makeDicomPicture({
    ...whole,
    isSparse: true,
    order: [8, 0],
  })));
  assertEquals(levels[0].missingBlocks, 7);
});

Deno.test("openSlide() places frames that are not in a grid, the first above", async () => {
  const places = [[3, 5], [11, 5], [24, 20]] as const;
  const frames = [1, 2, 3].map((value) =>
    new Uint8Array(16 * 16 * 3).fill(value)
  );
  let next = 0;
  await using slide = await open({
    isSparse: true,
    order: [0, 1, 2],
    encode: () => frames[next++],
    more: {
      PerFrameFunctionalGroupsSequence: places.map(([x, y]) =>
        framePlace(x, y)
      ),
    },
  });
  const found = await readAll(slide);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const hit = places.findIndex(([left, top]) =>
        x >= left && x < left + 16 && y >= top && y < top + 16
      );
      assertEquals(found[(y * width + x) * 3], hit < 0 ? 255 : hit + 1);
    }
  }
  const one = await slide.readRegion({ x: 30, y: 30, width: 1, height: 1 });
  assertEquals([...one], [3, 3, 3]);
});

const role = (name: string, uid: string): Attributes => ({
  ImageType: `ORIGINAL\\PRIMARY\\${name}\\NONE`,
  SOPInstanceUID: `1.2.3.${uid}`,
});

Deno.test("openSlide() finds the levels of a series, and what is beside the slide", async () => {
  const files = [
    level(),
    blob(makeDicomPicture(whole), "c.dcm"),
    level({ more: role("LABEL", "7") }, "d.dcm"),
    level({ more: role("OVERVIEW", "8") }, "e.dcm"),
    level({ more: role("THUMBNAIL", "9") }, "f.dcm"),
    level({ more: role("ODD", "10") }, "g.dcm"),
    level({ more: { SeriesInstanceUID: "1.2.8" } }, "h.dcm"),
    level({ more: { SOPClassUID: "1.2.840.10008.5.1.4.1.1.66.4" } }, "i.dcm"),
    blob(makeDicomPicture(whole), "k.dcm"),
    new File(["no DICOM"], "notes.txt"),
  ];
  await using slide = await openSlide(files);
  assertEquals(slide.levels, [
    { width: 40, height: 36, downsample: 1 },
    { width: 20, height: 18, downsample: 2 },
  ]);
  assertEquals(await readAll(slide), pixels);
  const reduced = await slide.readRegion(
    { x: 0, y: 0, width: 20, height: 18 },
    { level: 1 },
  );
  assertEquals(reduced, half.pixels);
  assertEquals(slide.properties?.["dicom.SeriesInstanceUID"], "1.2.9");
  assertEquals(slide.format, "DICOM whole-slide image");
  const { associated, ignored, warnings } = await inspectSlide(files);
  assertEquals(warnings, []);
  assertEquals(associated.map(({ name, page }) => [name, page]), [
    ["label", "d.dcm"],
    ["macro", "e.dcm"],
    ["thumbnail", "f.dcm"],
  ]);
  assertEquals(ignored.map(({ what, why }) => `${what}: ${why}`), [
    '"h.dcm": it is of another series',
    '"i.dcm": it is a segmentation',
    '"k.dcm": it is the same instance as "c.dcm"',
    "g.dcm (20×18 px): its role in the slide is unknown (ODD)",
  ]);
});

Deno.test("openSlide() opens a label only if it is selected, and a thumbnail by itself", async () => {
  const label = level({ more: role("LABEL", "7") });
  const { message } = await assertRejects(() => openSlide(label), TypeError);
  assertStringIncludes(message, "no image of the slide (VOLUME), only LABEL");
  await using chosen = await openSlide(label, { page: 0 });
  assertEquals(chosen.width, 20);
  const beyond = await assertRejects(() => openSlide(label, { page: 1 }));
  assertStringIncludes(String(beyond), "pictures 0 to 0, received 1");
  await using thumbnail = await openSlide(
    level({ more: role("THUMBNAIL", "7") }),
  );
  assertEquals(await readAll(thumbnail), half.pixels);
});

/** What `openSlide()` opens beside a slide, decoded. */
Deno.test("FileFormat.read() gives the pictures beside the slide", async () => {
  const bytes = makeDicomPicture({ ...half, more: role("LABEL", "7") });
  const source = {
    size: bytes.length,
    read: (offset: number, length: number) =>
      Promise.resolve(bytes.slice(offset, offset + length)),
    close: () => Promise.resolve(),
  };
  const main = makeDicomPicture(whole);
  const file = await DICOM.read({
    source: {
      ...source,
      size: main.length,
      read: (offset, length) =>
        Promise.resolve(main.slice(offset, offset + length)),
    },
    head: main,
    fileName: "a.dcm",
    isFolder: false,
    folder: {
      list: () => Promise.resolve(["a.dcm", "b.dcm"]),
      open: () => Promise.resolve(source),
      read: () => Promise.resolve(undefined),
    },
  });
  const { associated = [] } = await file.findSlide({});
  const blocks = await associated[0].openBlocks!();
  const job = await blocks.load(0);
  const row = half.pixels.subarray(0, 16 * 3);
  assertEquals(job?.parts[0]?.subarray(0, 16 * 3), row);
});

const part = (
  number: number,
  { order, first, ...more }: Attributes & {
    order: readonly number[];
    first?: number;
  },
  isSparse = false,
) =>
  blob(
    makeDicomPicture({
      ...whole,
      order,
      isSparse,
      more: {
        SOPInstanceUID: `1.2.3.0.${number}`,
        ConcatenationUID: "1.2.5",
        InConcatenationNumber: number,
        ConcatenationFrameOffsetNumber: first,
        ...more,
      },
    }),
    `${number}.dcm`,
  );

Deno.test("openSlide() joins the parts of a concatenation", async () => {
  for (const isSparse of [false, true]) {
    await using slide = await openSlide([
      part(3, { order: [7, 8], first: 7 }, isSparse),
      part(1, { order: [0, 1, 2], first: 0 }, isSparse),
      part(2, { order: [3, 4, 5, 6], first: 3 }, isSparse),
    ]);
    assertEquals(await readAll(slide), pixels);
  }
});

Deno.test("openSlide() refuses a concatenation with a part missing", async () => {
  const first = (more: Attributes = {}) =>
    part(1, { order: [0, 1, 2], first: 0, ...more }, true);
  const says = async (files: File[], reason: string) => {
    const { message } = await assertRejects(() => openSlide(files), Error);
    assertStringIncludes(message, reason);
  };
  const last = part(3, { order: [7, 8], first: 7 }, true);
  await says([first(), last], "a part with frames 3 to 6 is missing");
  await says([last], "a part with frames 0 to 6 is missing");
  await says(
    [first({ InConcatenationTotalNumber: 3 })],
    "it has 1 of 3 parts",
  );
  await says([
    part(1, { order: [0, 1], first: 0 }),
  ], '"1.dcm" has 2 frames, and its 40×36 pixels take 9 of 16×16');
  await says([
    first(),
    part(2, { order: [3, 4], first: 2 }, true),
  ], '"2.dcm" holds frames that another part holds');
  await says([
    first(),
    part(2, { order: [3, 4], first: 3, TotalPixelMatrixColumns: 48 }, true),
  ], '"2.dcm" is of another picture');
  await says(
    [part(1, { order: [0] }, true)],
    '"1.dcm" does not say which frames it holds',
  );
});

Deno.test("openSlide() reads levels padded to whole tiles by their spacing", async () => {
  const big = noise(80, 48);
  const padded = noise(16, 16);
  await using slide = await openSlide([
    blob(makeDicomPicture({
      width: 80,
      height: 48,
      pixels: big,
      more: spaced(0.00025),
    })),
    blob(
      makeDicomPicture({
        width: 16,
        height: 16,
        pixels: padded,
        more: spaced(0.002),
      }),
      "b.dcm",
    ),
  ]);
  assertEquals(slide.levels[1], { width: 10, height: 6, downsample: 8 });
  const region = { x: 9, y: 5, width: 1, height: 1 };
  assertEquals(
    await slide.readRegion(region, { level: 1 }),
    padded.slice((5 * 16 + 9) * 3, (5 * 16 + 10) * 3),
  );
});

Deno.test("openSlide() says which of size and spacing it believes", async () => {
  await using slide = await openSlide([
    blob(makeDicomPicture(whole)),
    level({ more: spaced(0.0025) }),
  ]);
  assertEquals(slide.levels[1].downsample, 2);
  assertEquals(slide.warnings, [
    "the pixel spacing of b.dcm (20×18 px) is 5 times the slide's, and its size says 2, which is used",
  ]);
});

Deno.test("openSlide() takes rows from the spacing's first value, columns from its second", async () => {
  const measures = (PixelSpacing: string): Attributes => ({
    SharedFunctionalGroupsSequence: [{
      PixelMeasuresSequence: [{ PixelSpacing }],
    }],
  });
  await using slide = await open({ more: measures("0.0002\\0.0003") });
  assertEquals(slide.mpp, { x: 0.3, y: 0.2 });
  const none: Attributes = { SharedFunctionalGroupsSequence: undefined };
  await using without = await open({ more: none });
  assertEquals([without.mpp, without.warnings], [
    undefined,
    ["it has no pixel spacing"],
  ]);
  await using volume = await open({
    more: {
      ...none,
      ImagedVolumeWidth: 0.01,
      ImagedVolumeHeight: 0.018,
    },
  });
  assertEquals(volume.mpp?.x.toFixed(4), "0.2500");
  assertEquals(volume.mpp?.y.toFixed(4), "0.5000");
});

Deno.test("openSlide() refuses what it cannot read as it should, by name", async () => {
  const cases: [Partial<DicomPictureSpec>, string][] = [
    [
      { more: { SOPClassUID: "1.2.840.10008.5.1.4.1.1.7" } },
      "it is a secondary capture, not a whole-slide image",
    ],
    [
      { more: { SOPClassUID: "1.2.3" } },
      "it is an object of class 1.2.3, not a whole-slide image",
    ],
    [
      { more: { NumberOfOpticalPaths: 3 } },
      '"a.dcm" has 3 optical paths, as fluorescence has',
    ],
    [
      { more: { OpticalPathSequence: [{}, {}] } },
      '"a.dcm" has 2 optical paths',
    ],
    [
      { more: { TotalPixelMatrixFocalPlanes: 5 } },
      '"a.dcm" has 5 focal planes, and which is the slide is unknown',
    ],
    [
      { more: { BitsAllocated: 16, BitsStored: 12, HighBit: 11 } },
      '"a.dcm" has samples of 16 bits (12 used)',
    ],
    [
      { more: { BitsStored: 7, HighBit: 6 } },
      '"a.dcm" has samples of 8 bits (7 used)',
    ],
    [
      { more: { PhotometricInterpretation: "PALETTE COLOR" } },
      '"a.dcm" has the colors PALETTE COLOR with 3 samples',
    ],
    [
      { more: { SamplesPerPixel: 0 } },
      '"a.dcm" has the colors RGB with 0 samples',
    ],
    [{ more: { PixelRepresentation: 1 } }, "signed samples are not supported"],
    [
      { more: { SeriesInstanceUID: undefined } },
      '"a.dcm" does not say of which series it is',
    ],
    [
      { more: { Columns: undefined } },
      '"a.dcm" does not say how large its frames are (Columns)',
    ],
    [
      { more: { TotalPixelMatrixRows: undefined } },
      '"a.dcm" does not say how large its picture is',
    ],
    [
      { more: { NumberOfFrames: "8" } },
      '"a.dcm" has 8 frames, and its 40×36 pixels take 9',
    ],
    [
      { more: { DimensionOrganizationType: "TILED_SPARSE" } },
      '"a.dcm" does not say where its frame 0 lies (TILED_SPARSE)',
    ],
    [
      {
        isSparse: true,
        order: [0, 1],
        more: {
          PerFrameFunctionalGroupsSequence: [
            framePlace(0, 0),
            framePlace(40, 0),
          ],
        },
      },
      "its frame 1 lies at 40, 0, outside of its 40×36 pixels",
    ],
    [
      { isSparse: true, order: [0, 1, 1] },
      "its frames 1 and 2 lie at one place",
    ],
  ];
  const syntaxes = { ".4.51": "12 bits", ".4.70": "lossless JPEG" };
  for (const [syntax, name] of Object.entries(syntaxes)) {
    cases.push([{ syntax }, `its transfer syntax 1.2.840.10008.1.2${syntax}`]);
    cases.push([{ syntax }, name]);
  }
  for (const syntax of [".2", ".1.99", ".4.110", ".9"]) {
    cases.push([{ syntax }, `its transfer syntax 1.2.840.10008.1.2${syntax}`]);
  }
  for (const [spec, reason] of cases) {
    assertStringIncludes(await why(spec), reason);
  }
});

Deno.test("openSlide() refuses two pictures of the slide's size", async () => {
  const files = [
    blob(makeDicomPicture(whole)),
    blob(
      makeDicomPicture({ ...whole, more: { SOPInstanceUID: "1.2.4" } }),
      "b.dcm",
    ),
  ];
  const { message } = await assertRejects(() => openSlide(files), TypeError);
  assertStringIncludes(
    message,
    'several images of 40×36 px ("a.dcm" and "b.dcm")',
  );
});

Deno.test("openSlide() refuses damaged files in a line", async () => {
  const rle = { syntax: ".5", encode: encodeRle };
  const whys: [Partial<DicomPictureSpec>, string][] = [
    [
      { ...rle, table: [0, 8] },
      "its offset table lists 2 frames, and it has 9",
    ],
    [
      { ...rle, table: [4, ...Array(8).keys()] },
      "its offset table is not in order",
    ],
    [
      { ...rle, table: [2, 900, 1800, 2700, 3600, 4500, 5400, 6300, 7200] },
      "its frame \\d is (empty|not where)",
    ],
    [
      { ...rle, table: "none", fragments: 2 },
      "it has more fragments than its 9 frames",
    ],
    [{ ...rle, encode: () => new Uint8Array(0) }, "its frame \\d is empty"],
    [
      { encode: (frame) => frame.subarray(0, 700) },
      "its 9 frames take 6912 bytes, and it has 6300",
    ],
  ];
  for (const [spec, reason] of whys) {
    const found = await why(spec).catch(async () => {
      await using slide = await open(spec);
      const { message } = await assertRejects(() => readAll(slide), Error);
      return message;
    });
    assertEquals(RegExp(reason).test(found), true, found);
  }
  const noPixels = makeDicom({
    attributes: {
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.77.1.6",
      SOPInstanceUID: "1.2",
      SeriesInstanceUID: "1.3",
      ImageType: "ORIGINAL\\PRIMARY\\VOLUME",
      Rows: 4,
      Columns: 4,
      SamplesPerPixel: 3,
      PhotometricInterpretation: "RGB",
    },
  });
  await assertRejects(() => openSlide(blob(noPixels)), Error, "no pixels");
  for (const table of ["basic", "extended", "none"] as const) {
    const file = makeDicomPicture({ ...whole, ...rle, table });
    for (const length of [140, 400, 900, file.length - 900, file.length - 20]) {
      const cut = blob(file.slice(0, length));
      const { message } = await assertRejects(() => openSlide(cut), Error);
      assertStringIncludes(message, "cut short");
    }
  }
});

Deno.test("openSlide() warns of JPEG frames that contradict the header", async () => {
  const jpeg = await Deno.readFile(
    new URL("../../../../tests/golden/pictures/ycbcr.jpg", import.meta.url),
  );
  await using picture = await openSlide(new Blob([jpeg]));
  const { width, height } = picture;
  const marked = Uint8Array.from([
    ...jpeg.subarray(0, 2),
    ...[0xff, 0xee, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, 1],
    ...jpeg.subarray(2),
  ]);
  const openAs = (colors: string) =>
    open({
      ...{ width, height, tile: { width, height }, syntax: ".4.50" },
      pixels: new Uint8Array(width * height * 3),
      encode: () => marked,
      more: { PhotometricInterpretation: colors },
    });
  await using right = await openAs("YBR_FULL_422");
  assertEquals(await readAll(right), await readAll(picture));
  assertEquals(right.warnings, []);
  await using odd = await openAs("RGB");
  assertEquals(odd.warnings, [
    "its JPEG data say that their colors are YCbCr, and its header says RGB, which is used",
  ]);
});
