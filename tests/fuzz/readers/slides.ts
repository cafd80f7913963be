// TIFF directories and pages, each slide format, and pictures.
import { inspectSlide } from "../../../src/slide/inspect_slide.ts";
import { openClassMask } from "../../../src/slide/open_class_mask.ts";
import { openChannels } from "../../../src/slide/open_channels.ts";
import { openMask } from "../../../src/slide/open_mask.ts";
import { openSlide } from "../../../src/slide/open_slide.ts";
import type { SlideFiles } from "../../../src/slide/open_source.ts";
import type { OpenedSlide } from "../../../src/slide/slide.ts";
import { parseXml } from "../../../src/slide/xml.ts";
import { makeTiff, type PageSpec } from "../../helpers/make_tiff.ts";
import { noise } from "../../helpers/noise.ts";
import { damageBytes } from "../mutate/bytes.ts";
import { mutateJpeg, mutatePng } from "../mutate/chunks.ts";
import { attackTexts, mutateText, toBytes } from "../mutate/text.ts";
import { mutateTiff } from "../mutate/tiff.ts";
import type { Bytes, Reader } from "../reader.ts";
import { goldens } from "./goldens.ts";

/** Opens a slide and reads its upper left and its lower right. */
export async function readCorners(
  file: string | File | Blob,
): Promise<void> {
  await readSlideCorners(await openOrShow(file));
}

/** Opens a slide; of what is refused, the channels are read. */
export async function openOrShow(file: SlideFiles): Promise<OpenedSlide> {
  try {
    return await openSlide(file, { threads: 0 });
  } catch (error) {
    await readChannels(file);
    throw error;
  }
}

/** Reads the upper left of each channel of what is no color picture. */
async function readChannels(file: SlideFiles): Promise<void> {
  await using slide = await openChannels(file, { threads: 0 });
  const [width, height] = [slide.width, slide.height]
    .map((side) => Math.min(side, 64));
  for (const channel of slide.channels) {
    await channel.readValues({ x: 0, y: 0, width, height });
  }
}

/** Reads the upper left and the lower right of a slide, and closes it. */
export async function readSlideCorners(opened: OpenedSlide): Promise<void> {
  await using slide = opened;
  const [width, height] = [slide.width, slide.height]
    .map((side) => Math.min(side, 64));
  const level = slide.levels.length - 1;
  await slide.readRegion({ x: 0, y: 0, width, height });
  await slide.readRegion({
    x: slide.levels[level].width - width,
    y: slide.levels[level].height - height,
    width,
    height,
  }, { level });
  for (const { name } of slide.associated) await slide.readAssociated(name);
}

/** A page of noise, in tiles. */
export function page(
  width: number,
  height: number,
  more: Partial<PageSpec> = {},
): PageSpec {
  const samples = more.samples ?? 3;
  return {
    width,
    height,
    pixels: noise(width, height, samples),
    tile: { width: 16, height: 16 },
    ...more,
  };
}

async function tiffs(): Promise<Bytes[]> {
  const strips = { tile: undefined, rowsPerStrip: 7 };
  const ramp = Array.from({ length: 768 }, (_, i) => i % 256 * 257);
  const made: [PageSpec[], Parameters<typeof makeTiff>[1]?][] = [
    [[page(40, 30)]],
    [[page(40, 30, strips)], { littleEndian: false }],
    [[page(33, 20, { planar: true, compression: "deflate" })], {
      bigTiff: true,
    }],
    [[page(64, 48), page(32, 24, { tags: { 254: 1 } })], { bigTiff: true }],
    [[page(20, 10, { samples: 1, tags: { 262: 3, 320: ramp } })]],
    [[page(20, 10, { samples: 4, tags: { 338: 2 } })]],
    [[page(20, 10, { samples: 4, tags: { 262: 5 } })]],
    [[0, 1, 2].map(() => page(20, 10, { ...strips, samples: 1 })).flat()],
    [[page(20, 10, {
      ...strips,
      sampleBytes: 2,
      pixels: noise(40, 10),
      tags: { 282: [10000, 1], 283: [10000, 1], 296: 3, 274: 6 },
    })]],
    [[page(10, 8, {
      ...strips,
      samples: 1,
      sampleBytes: 4,
      pixels: noise(40, 8, 1),
      tags: { 339: 3, 340: 0, 341: 9 },
    })]],
    [[page(12, 8, {
      ...strips,
      rowsPerStrip: 8,
      blocks: [noise(12, 8, 1), noise(12, 8, 2)],
      tags: { 262: 6, 530: [2, 2] },
    })]],
  ];
  const files = await Promise.all(
    made.map(([pages, file]) => makeTiff(pages, file)),
  );
  return [...files, ...await goldens("tiff", ".tif")];
}

const openBytes = (input: Bytes) => readCorners(new Blob([input]));

/** What is said of pages that are read by their texts. */
interface Vendor {
  readonly name: string;
  readonly pages: readonly (readonly PageSpec[])[];
  readonly words: readonly string[];
  /** What hostile texts begin with, so that they are taken for this vendor's. */
  readonly start: string;
  readonly software?: string;
  /** Whether its texts are those of tag 700, not of the description. */
  readonly isXmp?: boolean;
}

const ISCAN = toBytes(`<iScan ScanRes="0.25" Magnification="40" />`);
const ENCODE_INFO = toBytes(
  `<EncodeInfo><SlideStitchInfo><ImageInfo AOIScanned="1" AOIIndex="0" NumRows="1" NumCols="2" Pos-X="3" Pos-Y="9"><TileJointInfo Confidence="98" Direction="RIGHT" Tile1="1" Tile2="2" OverlapX="4" OverlapY="0" /><Frame XY="0,0" Z="0"/><Frame XY="1,0" Z="0"/></ImageInfo></SlideStitchInfo><AoiOrigin><AOI0 OriginX="0" OriginY="0" /></AoiOrigin></EncodeInfo>`,
);

const attribute = (name: string, text: string) =>
  `<Attribute Name="${name}">${text}</Attribute>`;
const spacing = (mm: number) =>
  attribute("DICOM_PIXEL_SPACING", `&quot;${mm}&quot; &quot;${mm}&quot;`);
const representation = (number: number) =>
  `<DataObject ObjectType="PixelDataRepresentation">${
    spacing(0.00025 * 2 ** number)
  }${
    attribute("PIIM_DP_PIXEL_DATA_REPRESENTATION_NUMBER", `${number}`)
  }</DataObject>`;
const LABEL = (await Deno.readFile(
  new URL("../../golden/pictures/ycbcr.jpg", import.meta.url),
)).toBase64();
const PHILIPS =
  `<DataObject ObjectType="DPUfsImport"><Array><DataObject ObjectType="DPScannedImage">${
    attribute("PIM_DP_IMAGE_TYPE", "WSI")
  }${spacing(0.00025)}${representation(0)}${
    representation(1)
  }</DataObject><DataObject ObjectType="DPScannedImage">${
    attribute("PIM_DP_IMAGE_TYPE", "LABELIMAGE")
  }${attribute("PIM_DP_IMAGE_DATA", LABEL)}</DataObject></Array></DataObject>`;
const qptiff = (type: string) =>
  `<PerkinElmer-QPI-ImageDescription><ImageType>${type}</ImageType><Biomarker>DAPI</Biomarker><Objective>20x</Objective></PerkinElmer-QPI-ImageDescription>`;
const ome = (channels: string, data = "") =>
  `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image Name="slide"><Pixels SizeX="20" SizeY="10" SizeZ="1" SizeT="1" SizeC="3" Type="uint8" PhysicalSizeX="0.25" PhysicalSizeXUnit="µm" PhysicalSizeY="0.25">${channels}${data}</Pixels></Image></OME>`;
const GRAY = [65535, 16711935, -16776961] // blue, green, red
  .map((color) => `<Channel SamplesPerPixel="1" Color="${color}"/>`).join("");
const DATA = [2, 1, 0].map((channel, i) =>
  `<TiffData IFD="${i}" FirstC="${channel}" PlaneCount="1"/>`
).join("");
const gray = (text?: string) =>
  page(20, 10, { samples: 1, tags: text ? { 270: text } : {} });
const scnImage = (name: string, view: string, ifds: readonly number[]) =>
  `<image name="${name}"><pixels>${
    ifds.map((ifd, i) =>
      `<dimension sizeX="${32 >> i}" sizeY="${16 >> i}" ifd="${ifd}"/>`
    ).join("")
  }</pixels><view ${view}/><objective>20</objective><illuminationSource>brightfield</illuminationSource></image>`;
const SCN = `<scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">`;
const LEICA = `${SCN}<collection sizeX="48000" sizeY="24000">${
  scnImage("macro", 'sizeX="48000" sizeY="24000" offsetX="0" offsetY="0"', [0])
}${
  scnImage("a", 'sizeX="16000" sizeY="8000" offsetX="500" offsetY="0"', [1, 2])
}${
  scnImage(
    "b",
    'sizeX="16000" sizeY="8000" offsetX="9000" offsetY="4000"',
    [3, 4],
  )
}</collection></scn>`;

const VENDORS: readonly Vendor[] = [
  {
    name: "leica",
    start: SCN,
    words: [
      ...["<collection ", "<image ", "<view ", "<dimension ", "/>", "</image>"],
      ...['sizeX="', 'offsetX="-500"', 'ifd="2"', 'z="1"', 'c="1"', "fluor"],
    ],
    pages: [[
      page(32, 16, { tags: { 270: LEICA } }),
      ...[32, 16, 32, 16].map((width) => page(width, width / 2)),
    ]],
  },
  {
    name: "aperio",
    start: "Aperio",
    words: ["|MPP = ", "|AppMag = 20", "MPP", "=|", "label", "macro", "\r\n"],
    pages: [[
      page(64, 48, {
        tags: { 270: "Aperio x\r\n64x48|AppMag = 20|MPP = 0.25" },
      }),
      page(16, 12, { tile: undefined }),
      page(32, 24),
      page(39, 46, {
        tile: undefined,
        tags: { 270: "Aperio x\r\nlabel 39x46" },
      }),
      page(50, 46, {
        tile: undefined,
        tags: { 270: "Aperio x\r\nmacro 50x46" },
      }),
    ]],
  },
  {
    name: "philips",
    start: "DPUfsImport",
    software: "Philips DP v1.0",
    words: [
      ...["<DataObject ", "</DataObject>", "<Attribute ", "&quot;", "<Array>"],
      ...['ObjectType="PixelDataRepresentation"', "DICOM_PIXEL_SPACING"],
      ...["PIM_DP_IMAGE_DATA", "LABELIMAGE", "/9j/4AAQ"],
    ],
    pages: [[
      page(64, 48, { tags: { 270: PHILIPS, 305: "Philips DP v1.0" } }),
      page(32, 32, { tags: { 254: 1 } }),
      page(40, 20, { tile: undefined, tags: { 254: 1, 270: "Macro" } }),
    ]],
  },
  {
    name: "qptiff",
    start: "<PerkinElmer-QPI-ImageDescription>",
    software: "PerkinElmer-QPI",
    words: [
      ...["<PerkinElmer-QPI-ImageDescription>", "<ImageType>", "<Objective>"],
      ...["FullResolution", "ReducedResolution", "</", "<Biomarker>", "<Name>"],
    ],
    pages: [[
      page(64, 48, {
        tags: { 270: qptiff("FullResolution"), 305: "PerkinElmer-QPI" },
      }),
      page(16, 12, { tags: { 270: qptiff("Thumbnail") } }),
      page(32, 24, { tags: { 270: qptiff("ReducedResolution") } }),
    ]],
  },
  {
    name: "ome_tiff",
    start: "<OME>",
    words: [
      ...["<Pixels ", "<Image>", "<TiffData ", "&amp;", "<OME:", 'SizeX="'],
      ...["<Channel ", 'IFD="1"', 'FirstC="9"', 'PlaneCount="99999999"'],
      ...['SizeZ="3"', 'DimensionOrder="XYCZT"', 'Interleaved="true"', "</"],
      ...['<UUID FileName="b.ome.tif">', '<BinaryOnly MetadataFile="a"/>'],
    ],
    pages: [
      [gray(ome(GRAY, DATA)), gray(), gray()],
      [page(20, 10, { tags: { 270: ome(`<Channel SamplesPerPixel="3"/>`) } })],
    ],
  },
  {
    name: "plain_tiff",
    start: "ImageJ=1.54\n",
    words: [
      ...["ImageJ=", "ImageJ=1\nunit=", "channels=3", "unit=", "min=0", "\n"],
      ...['{"shape": [', "1,", "slices=1e9", "micron", "images=3"],
    ],
    pages: [
      [0, 1, 2].map((i) =>
        gray(
          i === 0
            ? "ImageJ=1.54\nimages=3\nchannels=3\nunit=micron\nmin=0\nmax=255\n"
            : undefined,
        )
      ),
      [page(20, 10, { tags: { 270: '{"shape": [10, 20, 3]}' } })],
    ],
  },
  {
    name: "ventana",
    start: "<EncodeInfo>",
    isXmp: true,
    words: [
      ...["<SlideStitchInfo>", "<ImageInfo ", "<TileJointInfo ", "</", "/>"],
      ...['Tile1="1"', 'Tile2="9"', 'OverlapX="-99"', 'Confidence="0"'],
      ...['Pos-X="1e9"', 'Direction="UP"', 'NumCols="65535"', "<AoiOrigin>"],
      ...['AOIScanned="0"', "<AOI1 ", 'Z-layers="2"', 'ScanRes="1e9"'],
      ...["<Frame ", 'XY="1,0"', 'Z="1"', "<FrameInfo>"],
      ...['OriginX="16"', "<iScan ", "level=0", "level=1", "mag=0", "mag="],
    ],
    pages: [[
      page(16, 16, { tags: { 270: "Label_Image", 700: ISCAN } }),
      page(32, 16, { tags: { 270: "level=0 mag=40", 700: ENCODE_INFO } }),
      page(16, 16, { tags: { 270: "level=1 mag=20" } }),
    ]],
  },
  {
    name: "trestle",
    start: "Objective Power=20;OverlapsXY=",
    software: "MedScan",
    words: [
      ...["OverlapsXY=", " 4 4", " -16 0", ";", "1e999", "Background Color="],
      ...["F0F0F0", "Objective Power=", "NaN", "0x10"],
    ],
    pages: [[0, 1].map((i) =>
      page(64 >> i, 48 >> i, {
        tags: {
          270: "Background Color=F0F0F0;OverlapsXY= 4 2 2 1 ",
          305: "MedScan 3",
        },
      })
    )],
  },
  {
    name: "refused_vendors",
    start: "",
    words: ["cellSens", "OLYMPUS"],
    pages: [
      [page(16, 16, { tags: { 305: "cellSens 4" } })],
    ],
  },
];

function vendorReader(
  { name, pages, words, start, software, isXmp }: Vendor,
): Reader {
  return {
    name,
    corpus: () => Promise.all(pages.map((pages) => makeTiff(pages))),
    attacks: () =>
      Promise.all(
        attackTexts(words, { start }).map((text) =>
          makeTiff([
            ...isXmp ? [page(16, 16, { tags: { 700: ISCAN } })] : [],
            page(16, 16, {
              tags: isXmp
                ? { 270: "level=0", 700: toBytes(text) }
                : { 270: text, 305: software ?? "" },
            }),
          ])
        ),
      ),
    mutate: [mutateTiff(words)],
    read: openBytes,
  };
}

const XML_WORDS = [
  ...[
    "<Pixels ",
    "<Image>",
    "</Image>",
    "<TiffData ",
    "&amp;",
    "&#x41;",
    "<OME:",
  ],
  ...[
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [",
    "<!ENTITY a 'b'>",
    "&a;",
  ],
  ...["<?xml", "?>", 'a="b" ', "<a>", "/>", "xmlns:x='y' "],
];

export const SLIDE_READERS: readonly Reader[] = [
  { name: "tiff", corpus: tiffs, mutate: [mutateTiff()], read: openBytes },
  {
    name: "tiff_inspected",
    corpus: tiffs,
    mutate: [mutateTiff()],
    async read(input) {
      const { problem } = await inspectSlide(new Blob([input]));
      if (problem !== undefined) throw new Error(`Cannot inspect: ${problem}`);
    },
  },
  {
    name: "mask",
    corpus: tiffs,
    mutate: [mutateTiff()],
    file: "mask.tif",
    async read({ length }, path) {
      // Every other input as a mask of classes.
      const classes = length % 2 === 0;
      await using mask = await (classes ? openClassMask : openMask)(path);
      const [width, height] = [mask.width, mask.height]
        .map((side) => Math.min(side, 64));
      const region = { x: 0, y: 0, width, height };
      await ("readValues" in mask
        ? mask.readValues(region)
        : mask.readRegion(region));
    },
  },
  ...VENDORS.map(vendorReader),
  {
    name: "png",
    corpus: () => goldens("pictures", ".png"),
    mutate: [mutatePng],
    read: openBytes,
  },
  {
    name: "jpeg",
    corpus: () => goldens("pictures", ".jpg"),
    mutate: [mutateJpeg],
    read: openBytes,
  },
  {
    name: "ome_companion",
    corpus: () => [toBytes(ome(GRAY, DATA))],
    attacks: () =>
      attackTexts(XML_WORDS, { start: "<OME><Image>" }).map(toBytes),
    mutate: [mutateText(XML_WORDS)],
    read: (input) => readCorners(new File([input], "a.companion.ome")),
  },
  {
    name: "xml",
    corpus: () => [PHILIPS, qptiff("Label"), ome(GRAY, DATA)].map(toBytes),
    attacks: () =>
      ["", "<a ", "<a>"].flatMap((start) =>
        attackTexts(XML_WORDS, { start }).map(toBytes)
      ),
    mutate: [mutateText(XML_WORDS)],
    read: (input) => parseXml(new TextDecoder().decode(input)),
  },
  {
    name: "unknown_file",
    corpus: async () => [
      ...[
        "DICM",
        "<!doctype html",
        "PK\x03\x04",
        "[Virtual Microscope Specimen]",
      ]
        .map((text) => toBytes(text + " ".repeat(40))),
      ...(await goldens("tiff", ".j2k")),
    ],
    mutate: [damageBytes],
    read: openBytes,
  },
];
