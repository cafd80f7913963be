import { assert, assertEquals } from "@std/assert";
import { openSlide } from "../src/slide/open_slide.ts";
import { makeTiff, type PageSpec } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { startRangeServer } from "./helpers/range_server.ts";

const SIDE = 64;
const BLOCK = SIDE * SIDE * 3;

type Tags = PageSpec["tags"];

/** A page of noise: tiles, or one strip. */
function page(width: number, height: number, tags: Tags, tiled = true) {
  const tile = tiled ? { width: SIDE, height: SIDE } : undefined;
  return { width, height, pixels: noise(width, height), tile, tags };
}

/** A slide of 12×10 tiles, half of it, and a picture beside it. */
interface Vendor {
  readonly format: string;
  readonly pages: readonly PageSpec[];
  /** The picture beside the slide. */
  readonly beside?: string;
  /** The place of the first tile that is read, and how far apart tiles are. */
  readonly at?: readonly [x: number, y: number];
  readonly advance?: number;
}

const bytes = (text: string) => new TextEncoder().encode(`${text}\0`);
const [WIDTH, HEIGHT] = [12 * SIDE, 10 * SIDE];

const NM = 500;
const scnImage = (
  [x, y]: readonly number[],
  [width, height]: readonly number[],
  pages: string,
) =>
  `<image><pixels>${pages}</pixels><view sizeX="${width * NM}" sizeY="${
    height * NM
  }" offsetX="${x * NM}" offsetY="${
    y * NM
  }"/><illuminationSource>brightfield</illuminationSource></image>`;
const SCN =
  `<scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01"><collection sizeX="${
    1000 * NM
  }" sizeY="${900 * NM}">${
    scnImage(
      [0, 0],
      [1000, 900],
      `<dimension sizeX="50" sizeY="45" ifd="2"/>`,
    )
  }${
    scnImage(
      [100, 130],
      [WIDTH, HEIGHT],
      `<dimension sizeX="${WIDTH}" sizeY="${HEIGHT}" ifd="0"/><dimension sizeX="${
        WIDTH / 2
      }" sizeY="${HEIGHT / 2}" ifd="1"/>`,
    )
  }</collection></scn>`;

const joint = (direction: string, tile1: number, tile2: number) =>
  `<TileJointInfo Confidence="98" Direction="${direction}" Tile1="${tile1}" Tile2="${tile2}" OverlapX="8" OverlapY="8"/>`;
const ENCODE_INFO =
  `<EncodeInfo><SlideStitchInfo><ImageInfo AOIScanned="1" AOIIndex="0" NumRows="10" NumCols="12" Pos-X="0" Pos-Y="0">${
    joint("RIGHT", 1, 2)
  }${
    joint("UP", 1, 24)
  }</ImageInfo></SlideStitchInfo><AoiOrigin><AOI0 OriginX="0" OriginY="0"/></AoiOrigin></EncodeInfo>`;
const qptiff = (type: string): Tags => ({
  270:
    `<PerkinElmer-QPI-ImageDescription><ImageType>${type}</ImageType></PerkinElmer-QPI-ImageDescription>`,
  305: "PerkinElmer-QPI",
});
const trestle = {
  270: "Background Color=F0F0F0;OverlapsXY= 8 8 4 4",
  305: "MedScan",
};

const VENDORS: readonly Vendor[] = [
  {
    format: "Leica SCN",
    pages: [
      page(WIDTH, HEIGHT, { 270: SCN }),
      page(WIDTH / 2, HEIGHT / 2, {}),
      page(50, 45, {}, false),
    ],
    beside: "macro",
    at: [100, 130],
  },
  {
    format: "Philips TIFF",
    pages: [
      page(WIDTH, HEIGHT, {
        270: `<DataObject ObjectType="DPUfsImport"></DataObject>`,
        305: "Philips DP v1.0",
      }),
      page(WIDTH / 2, HEIGHT / 2, { 254: 1 }),
      page(50, 45, { 254: 1, 270: "Label" }, false),
    ],
    beside: "label",
  },
  {
    format: "Ventana BIF",
    pages: [
      page(
        50,
        45,
        { 270: "Label_Image", 700: bytes(`<iScan ScanRes="0.5"/>`) },
        false,
      ),
      page(WIDTH, HEIGHT, { 270: "level=0 mag=40", 700: bytes(ENCODE_INFO) }),
      page(WIDTH / 2, HEIGHT / 2, { 270: "level=1 mag=20" }),
    ],
    beside: "macro",
    advance: SIDE - 8,
  },
  {
    format: "Trestle",
    pages: [page(WIDTH, HEIGHT, trestle), page(WIDTH / 2, HEIGHT / 2, {})],
    advance: SIDE - 8,
  },
  {
    format: "QPTIFF (PerkinElmer, Akoya)",
    pages: [
      page(WIDTH, HEIGHT, qptiff("FullResolution")),
      page(50, 45, qptiff("Thumbnail")),
      page(WIDTH / 2, HEIGHT / 2, qptiff("ReducedResolution")),
    ],
    beside: "thumbnail",
  },
];

for (
  const { format, pages, beside, at = [0, 0], advance = SIDE } of VENDORS
) {
  Deno.test(`openSlide() reads ${format} by URL in few requests, and the blocks of a region alone`, async () => {
    const file = await makeTiff(pages, { bigTiff: true });
    await using server = startRangeServer(file);
    await using local = await openSlide(new Blob([file]));
    await using slide = await openSlide(server.url);
    assertEquals([slide.format, slide.levels.length], [format, 2]);
    const take = () => {
      const served = server.served.splice(0);
      const count = served.reduce(
        (sum, { start, end }) => sum + end - start,
        0,
      );
      return { requests: served.length, bytes: count };
    };
    // The start, the directory of each page, and the blocks at the corners of each level.
    const opening = take();
    assert(opening.requests <= 1 + 3 * pages.length, `${opening.requests}`);
    assert(opening.bytes < file.length / 4, `${opening.bytes}`);

    const [columns, rows] = [3, 2];
    const region = {
      x: at[0] + 5 * advance + 9,
      y: at[1] + 4 * advance + 9,
      width: columns * advance - 10,
      height: rows * advance - 10,
    };
    assertEquals(
      await slide.readRegion(region),
      await local.readRegion(region),
    );
    const reading = take();
    const needed = columns * rows * BLOCK;
    // Neighbors of a row are fetched together.
    assert(reading.requests <= rows, `${reading.requests}`);
    assert(reading.bytes < needed * 1.3, `${reading.bytes / needed}`);
    await slide.readRegion(region);
    assertEquals(take().requests, 0);
    if (beside === undefined) return;
    assertEquals(
      await slide.readAssociated(beside),
      await local.readAssociated(beside),
    );
    const picture = take();
    assert(picture.requests <= 2, `${picture.requests}`);
    assert(picture.bytes <= 50 * 45 * 3 + 2 * 16384, `${picture.bytes}`);
  });
}
