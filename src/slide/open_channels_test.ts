import { type CziSpec, cziXml, makeCzi } from "../../tests/helpers/make_czi.ts";
import { makeDicomPicture } from "../../tests/helpers/make_dicom.ts";
import { makeTiff, type PageSpec } from "../../tests/helpers/make_tiff.ts";
import { filesOf, makeZarr } from "../../tests/helpers/make_zarr.ts";
import { openChannels } from "./open_channels.ts";
import { openSlide } from "./open_slide.ts";
import type { SlideFiles } from "./open_source.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

const [width, height] = [20, 12];

/** A page of 16-bit samples that rise from a start, one a pixel. */
function ramp(start: number, more: Partial<PageSpec> = {}): PageSpec {
  const values = Uint16Array.from(
    { length: width * height },
    (_, i) => start + i,
  );
  return {
    ...{ width, height, samples: 1, sampleBytes: 2 },
    pixels: new Uint8Array(values.buffer),
    ...more,
  };
}

/** What channels are called, their first values, and what is said of them. */
async function read(source: SlideFiles) {
  await using slide = await openChannels(source, { threads: 0 });
  const { channels, warnings } = slide;
  const firsts: number[] = [];
  for (const channel of channels) {
    const region = { x: 0, y: 0, width: 1, height: 1 };
    firsts.push((await channel.readValues(region))[0]);
    // All of it can be read, and beyond it are zeros.
    const { width, height } = slide;
    const beyond = { x: 0, y: 0, width: width + 1, height };
    assertEquals((await channel.readValues(beyond))[width], 0);
  }
  return {
    said: channels.map(({ name, color }) => [name, color]),
    ...{ firsts, warnings, levels: slide.levels.length, mpp: slide.mpp?.x },
    windows: channels.map(({ window }) => window && [window.min, window.max]),
  };
}

const ome = (pixels: string, more = "") =>
  `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels SizeX="${width}" SizeY="${height}" Type="uint16" PhysicalSizeX="0.5" PhysicalSizeY="0.5" ${pixels}>${more}</Pixels></Image></OME>`;

Deno.test("openChannels() reads OME-TIFF: names, colors, and the first plane of stacks in any order", async () => {
  const channels =
    `<Channel Name="DAPI" Color="65535"/><Channel Name="CD3" Color="16711935"/>`;
  for (
    const [order, planes] of [
      ["XYCZT", [0, 1000, 7, 7, 7, 7]],
      ["XYZCT", [0, 7, 7, 1000, 7, 7]],
    ] as const
  ) {
    const text = ome(
      `SizeC="2" SizeZ="3" SizeT="1" DimensionOrder="${order}"`,
      channels,
    );
    const pages = planes.map((start, i) =>
      ramp(start, i === 0 ? { tags: { 270: text } } : {})
    );
    const file = new Blob([await makeTiff(pages)]);
    await assertRejects(() => openSlide(file), TypeError, "2 channels (DAPI");
    assertEquals(await read(file), {
      said: [["DAPI", "0000ff"], ["CD3", "00ff00"]],
      firsts: [0, 1000],
      warnings: ["the first of its 3 focal planes is shown"],
      ...{ levels: 1, mpp: 0.5, windows: [undefined, undefined] },
    });
  }
});

Deno.test("openChannels() reads plain TIFF: ImageJ's, pages, samples, signed integers, floats", async () => {
  const imageJ = { 270: "ImageJ=1.54\nimages=4\nchannels=2\nframes=2\n" };
  const blob = async (...pages: PageSpec[]) =>
    new Blob([await makeTiff(pages)]);
  const stack = await read(
    await blob(ramp(5, { tags: imageJ }), ramp(50), ramp(6), ramp(60)),
  );
  assertEquals(stack.firsts, [5, 50]);
  assertEquals(stack.warnings, ["the first of its 2 points in time is shown"]);
  const pages = await read(await blob(ramp(5), ramp(50)));
  assertEquals(pages.firsts, [5, 50]);
  assertStringIncludes(pages.warnings![0], "the file does not say what they");
  const bytes = Uint8Array.from(
    { length: width * height * 5 },
    (_, i) => 10 * (i % 5 + 1),
  );
  for (const planar of [false, true]) {
    const samples = await read(
      await blob({ width, height, samples: 5, pixels: bytes, planar }),
    );
    assertEquals(samples.firsts, [10, 20, 30, 40, 50]);
    assertEquals(samples.said[0], ["Red", "ff0000"]);
  }
  const signed = ramp(0, {
    pixels: new Uint8Array(new Int16Array(width * height).fill(-9).buffer),
    tags: { 339: 2 },
  });
  assertEquals((await read(await blob(signed))).firsts, [-9]);
  const floats = new Float32Array(width * height).fill(0.25);
  const float = ramp(0, {
    sampleBytes: 4,
    pixels: new Uint8Array(floats.buffer),
    tags: { 339: 3, 270: "ImageJ=1.54\nmin=0.1\nmax=0.5\n" },
  });
  const { firsts, windows } = await read(await blob(float));
  assertEquals([firsts, windows], [[0.25], [[0.1, 0.5]]]);
});

Deno.test("openChannels() reads CZI, OME-Zarr and DICOM of gray by their values", async () => {
  const block = (channel: number, z: number, value: number) => ({
    ...{ x: 0, y: 0, width: 4, height: 4, pixelType: 1 },
    data: new Uint8Array(new Uint16Array(16).fill(value).buffer),
    more: { C: [channel, 1], Z: [z, 1] } as const,
  });
  const xml = cziXml([4, 4]).replace(
    "</Metadata>",
    `<DisplaySetting><Channels><Channel Name="DAPI"><Color>#FF0000FF</Color><Low>0</Low><High>0.5</High></Channel><Channel Name="GFP"/></Channels></DisplaySetting></Metadata>`,
  );
  const czi: CziSpec = {
    ...{ xml },
    blocks: [block(0, 2, 300), block(0, 3, 9), block(1, 2, 4000)],
  };
  const file = new Blob([makeCzi(czi)]);
  await assertRejects(() => openSlide(file), TypeError, "2 channels");
  const shown = await read(file);
  assertEquals(shown.said, [["DAPI", "0000ff"], ["GFP", undefined]]);
  assertEquals(shown.firsts, [300, 4000]);
  assertEquals(shown.windows, [[0, 32767.5], undefined]);
  assertEquals(shown.warnings, ["the first plane of its stack is shown"]);

  const pixels = Uint16Array.from(
    { length: width * height * 3 },
    (_, i) => 1000 * (i % 3) + i,
  );
  const channel = (color: string, end: number) => ({
    ...{ color, label: color, window: { start: 1, end } },
  });
  const store = await makeZarr({
    picture: { width, height, pixels },
    array: { bits: 16, chunk: { c: 2 } },
    image: {
      attributes: {
        omero: {
          channels: [
            ...[channel("00FFFF", 9), channel("FF00FF", 99)],
            channel("FFFF00", 999),
          ],
        },
      },
    },
  });
  await assertRejects(() => openSlide(filesOf(store)), TypeError, "00ffff");
  const zarr = await read(filesOf(store));
  assertEquals(zarr.firsts, [0, 1001, 2002]);
  assertEquals(zarr.said[1], ["FF00FF", "ff00ff"]);
  assertEquals(zarr.windows, [[1, 9], [1, 99], [1, 999]]);

  const deep = makeDicomPicture({
    ...{ width, height, samples: 2 },
    pixels: ramp(700).pixels,
    more: {
      ...{ SamplesPerPixel: 1, PhotometricInterpretation: "MONOCHROME2" },
      ...{ BitsAllocated: 16, BitsStored: 12, HighBit: 11 },
    },
  });
  const dicom = [new File([deep], "a.dcm")];
  await assertRejects(() => openSlide(dicom), TypeError, "16 bits (12 used)");
  assertEquals((await read(dicom)).firsts, [700]);
});

Deno.test("openChannels() refuses what is no channel, by name", async () => {
  const color = (page: Partial<PageSpec> = {}): PageSpec => ({
    ...{ width, height, pixels: new Uint8Array(width * height * 3) },
    ...page,
  });
  for (
    const [pages, says] of [
      [[color(), color()], "its pages are color pictures"],
      [
        [ramp(0, { tags: { 270: "ImageJ=1.54\nchannels=3\n" } })],
        "has 1 pages (ImageJ writes so beyond 4 GB)",
      ],
      [[color({ tags: { 262: 8 } })], "CIELab, not brightness"],
    ] as const
  ) {
    const file = new Blob([await makeTiff(pages)]);
    await assertRejects(() => openChannels(file), TypeError, says);
  }
  const many = await makeTiff([{
    ...{ width: 4, height: 4, samples: 65 },
    pixels: new Uint8Array(16 * 65),
  }]);
  await assertRejects(
    () => openChannels(new Blob([many])),
    RangeError,
    "at most 64 are shown",
  );
  await assertRejects(() => openChannels("/nowhere.tif"), Error, "nowhere");
});
