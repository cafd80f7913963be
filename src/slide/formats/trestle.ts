import { cannot, reasonOf } from "../../errors/cannot.ts";
import { isMissing } from "../../io/is_absent.ts";
import type { ByteSource } from "../byte_source.ts";
import { nameOf } from "../encoding.ts";
import { propertiesOf } from "../properties.ts";
import { lengthOf, placeTiles, type TileAxis } from "../tiff/place_tiles.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { fitLevel } from "./find_levels.ts";
import type { AssociatedPicture, Ignored } from "./format.ts";
import {
  isPlausible,
  type Level,
  parseNumber,
  type TiffFile,
  type TiffKind,
  type TiffLayout,
} from "./layout.ts";
import { pictureBeside } from "./picture.ts";

/**
 * Trestle's TIFF: neighboring tiles overlap, by as many pixels as the description says for each level in turn, across and down. Its
 * resolution tags are micrometers per pixel. `NAME.Full` beside it is the macro.
 *
 * Source: the notes on Trestle of OpenSlide, `Background Color=E6E6E6;Objective Power=10;OverlapsXY= 64 64 32 32`.
 */
export const TRESTLE: TiffKind = {
  name: "Trestle",
  detect: ({ pages }) => pages[0]?.software.startsWith("MedScan") ?? false,
  async layout(file): Promise<TiffLayout> {
    const { pages } = file;
    const fields = fieldsOf(pages[0]);
    const overlaps = readOverlaps(fields.get("OverlapsXY") ?? "");
    const warnings = fields.has("OverlapsXY")
      ? []
      : ["its description does not say how tiles overlap: taken as 0 px"];
    const levels: Level[] = [];
    const ignored: Ignored[] = [];
    const tiled = pages.filter((page) => page.tiled);
    for (const page of pages) {
      const why = tiled.includes(page)
        ? addLevel(levels, { page, overlaps, number: tiled.indexOf(page) })
        : "it is not tiled";
      if (why) ignored.push({ what: nameOf(page), why });
    }
    if (levels.length === 0) {
      throw cannot("find the slide", "none of its pages is tiled", {
        kind: TypeError,
      });
    }
    const { resolution } = levels[0].picture[0];
    const macro = await readMacro(file);
    if (macro && "why" in macro) ignored.push(macro);
    const power = parseNumber(fields.get("Objective Power"));
    return {
      levels,
      ignored,
      warnings,
      embedded: macro && "page" in macro ? [macro] : [],
      properties: propertiesOf("trestle", fields),
      background: readColor(fields.get("Background Color")),
      mpp: isPlausible(resolution?.x) && isPlausible(resolution.y)
        ? {
          x: resolution.x,
          y: resolution.y,
          source: "XResolution, YResolution (Trestle's are µm per pixel)",
        }
        : undefined,
      objectivePower: power && power > 0 && power < 1000
        ? { value: power, source: `ImageDescription "Objective Power"` }
        : undefined,
    };
  },
  describePage(_, { tiled }) {
    if (!tiled) return {};
    throw cannot(
      "find the slide",
      "a page of a Trestle file contains tiles that overlap: open the slide without --page (openSlide's page)",
      { kind: TypeError },
    );
  },
};

/** Finds the macro beside the slide, or says why it is not read; `undefined` if there is none. */
async function readMacro(
  { fileName, folder }: TiffFile,
): Promise<AssociatedPicture | Ignored | undefined> {
  if (fileName === "") return undefined;
  const end = fileName.lastIndexOf(".");
  const what = `${end > 0 ? fileName.slice(0, end) : fileName}.Full`;
  let source: ByteSource;
  try {
    source = await folder.open(what);
  } catch (error) {
    const isAlone = error instanceof TypeError; // a Blob, with nothing beside it
    if (isMissing(error) || isAlone) return undefined;
    return { what, why: reasonOf(error) };
  }
  try {
    return await pictureBeside(source, { name: "macro", place: what });
  } catch (error) {
    return { what, why: reasonOf(error) };
  }
}

/** Adds a page to the levels, or says why it is none. */
function addLevel(
  levels: Level[],
  { page, overlaps, number }: {
    readonly page: TiffPage;
    readonly overlaps: readonly number[];
    readonly number: number;
  },
): string | undefined {
  const axisOf = (side: number, tile: number, overlap = 0): TileAxis => {
    if (Math.abs(overlap) >= tile) {
      throw cannot(
        "find the slide",
        `its description says that tiles of ${tile} px overlap by ${overlap} px (${
          nameOf(page)
        })`,
        { kind: SyntaxError },
      );
    }
    const count = Math.ceil(side / tile);
    return { start: 0, first: 0, count, tile, advance: tile - overlap };
  };
  const area = {
    across: axisOf(page.width, page.blockWidth, overlaps[2 * number]),
    down: axisOf(page.height, page.blockHeight, overlaps[2 * number + 1]),
  };
  const size = {
    width: page.width - lengthBeyond(area.across),
    height: page.height - lengthBeyond(area.down),
  };
  const [finest] = levels;
  const fit = finest
    ? fitLevel(finest, { ...page, ...size, tiled: false })
    : { ...size, downsample: 1 };
  if (!fit) return "no downsample explains its size without overlaps";
  if (finest && fit.downsample <= levels.at(-1)!.downsample) {
    return "it is as large as the level before it";
  }
  levels.push({
    picture: [page],
    ...fit,
    place: (blocks) => placeTiles(blocks, { page, areas: [area] }),
  });
}

/** By how much tiles that abut would be longer. */
function lengthBeyond(axis: TileAxis): number {
  return axis.count * axis.tile - lengthOf(axis);
}

function fieldsOf({ description }: TiffPage): Map<string, string> {
  return new Map(
    description.split(";").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
    }),
  );
}

/** Pixels across and down, of each level in turn. */
function readOverlaps(text: string): number[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const overlaps = words.map(Number);
  if (overlaps.every(Number.isInteger)) return overlaps;
  throw cannot(
    "find the slide",
    "OverlapsXY in its description must be whole numbers",
    { received: text.slice(0, 100), kind: SyntaxError },
  );
}

/** `F0F0F0` as red, green and blue. */
function readColor(
  text: string | undefined,
): readonly [number, number, number] | undefined {
  const hex = text?.match(/^#?([0-9a-f]{6})$/i)?.[1];
  if (!hex) return undefined;
  const value = parseInt(hex, 16);
  return [value >> 16, value >> 8 & 255, value & 255];
}
