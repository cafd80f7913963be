import { openSlide } from "../src/slide/open_slide.ts";
import {
  makeNdpi,
  makeRestartJpeg,
  repeatRestartJpeg,
} from "../tests/helpers/make_ndpi.ts";
import { makeDicomPicture } from "../tests/helpers/make_dicom.ts";
import { makeMrxs } from "../tests/helpers/make_mrxs.ts";
import { makeTiff, type PageSpec } from "../tests/helpers/make_tiff.ts";

/** A picture that repeats one scanner-like JPEG block. */
export interface BlockPicture {
  /** Its side in pixels: a whole number of blocks. */
  readonly side: number;
  readonly block: Uint8Array<ArrayBuffer>;
  readonly blockSide: number;
}

/** Files of a slide by their names; the first is the one to open. */
type SlideFiles = { readonly [name: string]: Uint8Array };

/** A kind of file: a row of the table. */
interface SlideKind {
  readonly name: string;
  /** Makes a slide whose upper left corner is the picture, of the same JPEG blocks. */
  make(picture: BlockPicture): Promise<SlideFiles>;
}

/** The tiled TIFF that others are compared with. */
export const TILED_TIFF: SlideKind = {
  name: "JPEG tiles",
  make: async (picture) => ({
    "tiles.tif": await makeTiff([pageOf(picture)]),
  }),
};

/** Scanners' formats: a new one is a row. */
export const VENDOR_SLIDES: readonly SlideKind[] = [
  { name: "Leica SCN", make: makeScn },
  { name: "Ventana BIF", make: makeBif },
  { name: "Hamamatsu NDPI", make: makeHamamatsu },
  { name: "3DHISTECH MRXS", make: makePhotos },
  { name: "DICOM", make: makeSeries },
];

/** The picture of `bench/decode_tile.jpg`: 4:2:0, quality 80. */
export async function blockPicture(side: number): Promise<BlockPicture> {
  const url = new URL("decode_tile.jpg", import.meta.url);
  return { side, block: await Deno.readFile(url), blockSide: 256 };
}

/** Writes a slide's files into a folder; returns the path of the one to open. */
export async function writeSlide(
  { make }: SlideKind,
  { picture, folder }: {
    readonly picture: BlockPicture;
    readonly folder: string;
  },
): Promise<string> {
  const files = Object.entries(await make(picture));
  for (const [name, bytes] of files) {
    const path = `${folder}/${name}`;
    const parent = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(parent, { recursive: true });
    await Deno.writeFile(path, bytes);
  }
  return `${folder}/${files[0][0]}`;
}

/** Photos of one block each, side by side. */
async function makePhotos(
  { side, block, blockSide }: BlockPicture,
): Promise<SlideFiles> {
  const count = side / blockSide;
  const files = await makeMrxs({
    photos: [count, count],
    divisions: 1,
    image: [blockSide, blockSide],
    overlap: [0, 0],
    levels: 1,
    picture: { bytes: block, kind: "JPEG" },
  });
  return Object.fromEntries(files);
}

/** A series of one level, a frame for each block. */
function makeSeries(
  { side, block, blockSide }: BlockPicture,
): Promise<SlideFiles> {
  const file = makeDicomPicture({
    ...{ width: side, height: side, pixels: new Uint8Array() },
    tile: { width: blockSide, height: blockSide },
    syntax: ".4.50",
    encode: () => block,
    more: { PhotometricInterpretation: "YBR_FULL_422" },
  });
  return Promise.resolve({ "series/level.dcm": file });
}

function pageOf(
  { side, block, blockSide }: BlockPicture,
  tags: PageSpec["tags"] = {},
): PageSpec {
  return {
    width: side,
    height: side,
    pixels: new Uint8Array(),
    tile: { width: blockSide, height: blockSide },
    blocks: Array((side / blockSide) ** 2).fill(block),
    tags: { 259: 7, 262: 6, 530: [2, 2], ...tags },
  };
}

function overview(tags: PageSpec["tags"]): PageSpec {
  const pixels = new Uint8Array(64 * 64 * 3).fill(255);
  return { width: 64, height: 64, pixels, tags };
}

/** An area in the corner of a collection that is 1 px larger: an image as large as the collection would be its macro. */
async function makeScn(picture: BlockPicture): Promise<SlideFiles> {
  const { side } = picture;
  const image = (name: string, size: number, [width, ifd]: number[]) =>
    `<image name="${name}"><pixels><dimension sizeX="${width}" sizeY="${width}" ifd="${ifd}" r="0"/></pixels>
    <view sizeX="${size}" sizeY="${size}" offsetX="0" offsetY="0"/>
    <scanSettings><objectiveSettings><objective>20</objective></objectiveSettings><illuminationSettings>
    <illuminationSource>brightfield</illuminationSource></illuminationSettings></scanSettings></image>`;
  const [nm, whole] = [500, (side + 1) * 500];
  const xml =
    `<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">
    <collection sizeX="${whole}" sizeY="${whole}">${
      image("macro", whole, [64, 0])
    }${image("area", side * nm, [side, 1])}</collection></scn>`;
  const resolution = { 282: [20000, 1], 283: [20000, 1], 296: 3 };
  const pages = [
    overview({ ...resolution, 270: xml }),
    pageOf(picture, resolution),
  ];
  return { "slide.scn": await makeTiff(pages, { bigTiff: true }) };
}

/** One area; its tiles are numbered from the lower left, turning at each end, and do not overlap. */
async function makeBif(picture: BlockPicture): Promise<SlideFiles> {
  const { side, blockSide } = picture;
  const count = side / blockSide;
  const numberOf = (column: number, row: number) => {
    const up = count - 1 - row;
    return up * count + (up % 2 === 0 ? column : count - 1 - column) + 1;
  };
  const joint = (direction: string, one: number, other: number) =>
    `<TileJointInfo FlagJoined="1" Confidence="98" Direction="${direction}" Tile1="${one}" Tile2="${other}" OverlapX="0" OverlapY="0"/>`;
  let joints = "";
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      const tile = numberOf(column, row);
      if (column + 1 < count) {
        joints += joint("RIGHT", tile, numberOf(column + 1, row));
      }
      if (row > 0) joints += joint("UP", tile, numberOf(column, row - 1));
    }
  }
  const info =
    `<?xml version="1.0"?><EncodeInfo Ver="2"><SlideStitchInfo><ImageInfo AOIScanned="1" AOIIndex="0" Width="${blockSide}" Height="${blockSide}" NumRows="${count}" NumCols="${count}" Pos-X="0" Pos-Y="0">${joints}</ImageInfo></SlideStitchInfo><AoiOrigin><AOI0 OriginX="0" OriginY="0"/></AoiOrigin></EncodeInfo>`;
  const text = (xml: string) => new TextEncoder().encode(`${xml}\0`);
  const iscan = `<iScan ScanRes="0.5" Magnification="20"/>`;
  const pages = [
    overview({ 270: "Label_Image", 700: text(iscan) }),
    overview({ 270: "Probability_Image" }),
    pageOf(picture, { 270: "level=0 mag=20 quality=80", 700: text(info) }),
  ];
  return { "slide.bif": await makeTiff(pages, { bigTiff: true }) };
}

/** Width of the restart intervals of an NDPI at most. */
const INTERVAL = 2048;

/** One JPEG, whose restart intervals are a row of units of several blocks; encoded again, as blocks have no intervals. */
async function makeHamamatsu(
  { side, block, blockSide }: BlockPicture,
): Promise<SlideFiles> {
  const width = Math.min(side, INTERVAL);
  await using slide = await openSlide(new Blob([block]), { name: "block" });
  const pixels = new Uint8Array(width * blockSide * 3);
  for (let row = 0; row < blockSide; row++) {
    const size = { width: blockSide, height: 1 };
    const line = await slide.readRegion({ x: 0, y: row, ...size });
    for (let left = 0; left < width; left += blockSide) {
      pixels.set(line, (row * width + left) * 3);
    }
  }
  const made = repeatRestartJpeg(
    await makeRestartJpeg(pixels, { width, height: blockSide }, {
      tile: width,
      subsampling: 2,
      quality: 80,
    }),
    { width: side, height: side, across: side / width, count: side / 16 },
  );
  return { "slide.ndpi": makeNdpi([{ width: side, height: side, ...made }]) };
}
