import { cannot } from "../../errors/cannot.ts";
import { MAX_SCAN_AREAS } from "../../io/limits.ts";
import { intersect } from "../blocks.ts";
import { lengthOf, type TileArea, type TileAxis } from "../tiff/place_tiles.ts";
import type { TiffPage } from "../tiff/tiff_page.ts";
import { descendant, descendants, type XmlElement } from "../xml.ts";
import { readFrames } from "./ventana_frames.ts";

/** The way out. */
export const HINT =
  "export it as TIFF in Ventana's viewer, or convert it with bfconvert (Bio-Formats)";

/** An area that was scanned: where its tiles lie in the file's grid of tiles, and where it lies on the slide. */
interface Area {
  /** `area 0`, for errors. */
  readonly name: string;
  readonly element: XmlElement;
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
  readonly x: number;
  /** Its lower edge, counted upwards. */
  readonly bottom: number;
}

/**
 * Reads where the tiles of the finest level belong, from its `EncodeInfo`. All tiles of a slide advance by one distance: a tile less
 * the mean overlap of all joints, weighted by their confidence.
 *
 * @throws {SyntaxError} If areas or joints contradict each other or the page.
 * @throws {RangeError} If there are too many areas.
 */
export function readAreas(
  info: XmlElement,
  page: TiffPage,
): { areas: TileArea[]; warnings: string[] } {
  const areas = scannedAreas(info, page);
  const overlaps = meanOverlaps(areas, page);
  const warnings = areas.flatMap((area) => checkFrames(info, area));
  const axesOf = ({ column, row, columns, rows, x }: Area) => {
    const { blockWidth, blockHeight } = page;
    const axis = (first: number, count: number, tile: number) => ({
      first,
      count,
      tile,
    });
    return {
      across: {
        start: x,
        advance: blockWidth - (overlaps.x ?? 0),
        ...axis(column, columns, blockWidth),
      },
      down: {
        start: 0,
        advance: blockHeight - (overlaps.y ?? 0),
        ...axis(row, rows, blockHeight),
      },
    };
  };
  const unknown = [
    overlaps.x === undefined && areas.some(({ columns }) => columns > 1)
      ? "columns"
      : "",
    overlaps.y === undefined && areas.some(({ rows }) => rows > 1)
      ? "rows"
      : "",
  ].filter((word) => word !== "");
  if (unknown.length > 0) {
    warnings.push(
      `its XML does not say how ${
        unknown.join(" and ")
      } of tiles overlap: taken as 0 px`,
    );
  }
  const axes = areas.map(axesOf);
  const topOf = (down: TileAxis, i: number) => areas[i].bottom + lengthOf(down);
  const top = axes.reduce(
    (most, { down }, i) => Math.max(most, topOf(down, i)),
    -Infinity,
  );
  return {
    areas: axes.map(({ across, down }, i) => ({
      across,
      down: { ...down, start: top - topOf(down, i) },
    })),
    warnings,
  };
}

function scannedAreas(info: XmlElement, page: TiffPage): Area[] {
  const stitching = descendant(info, "SlideStitchInfo");
  const images = stitching ? [...descendants(stitching, "ImageInfo")] : [];
  if (images.length > MAX_SCAN_AREAS) {
    throw cannot(
      "find the areas of a Ventana slide",
      `its XML has ${images.length} areas, more than ${MAX_SCAN_AREAS}`,
      { kind: RangeError },
    );
  }
  const origins = descendant(info, "AoiOrigin")?.children ?? [];
  const areas = images.map((element, i): Area | undefined => {
    if (element.attributes.AOIScanned === "0") return undefined;
    const { AOIIndex } = element.attributes;
    const name = `area ${AOIIndex ?? i}`;
    const origin = AOIIndex === undefined
      ? origins[i]
      : origins.find((each) => each.name === `AOI${AOIIndex}`);
    if (!origin) throw contradiction(`AoiOrigin has no origin of ${name}`);
    return readArea(element, { origin, name, page });
  }).filter((area) => area !== undefined);
  if (areas.length === 0) throw contradiction("no area was scanned");
  areas.forEach((a, i) => {
    const other = areas.slice(0, i).find((b) =>
      intersect(gridOf(a), gridOf(b))
    );
    if (other) throw contradiction(`${other.name} and ${a.name} share tiles`);
  });
  return areas;
}

/** Warns of lists of frames that contradict the page. */
function checkFrames(info: XmlElement, area: Area): string[] {
  const { planes, problem } = readFrames(info, area);
  if (planes > 1) {
    throw contradiction(`${area.name} has frames of ${planes} focal planes`);
  }
  return problem ? [problem] : [];
}

function gridOf({ column, row, columns, rows }: Area) {
  return { x: column, y: row, width: columns, height: rows };
}

function readArea(
  element: XmlElement,
  { origin, name, page }: {
    readonly origin: XmlElement;
    readonly name: string;
    readonly page: TiffPage;
  },
): Area {
  const { blockWidth, blockHeight, width, height } = page;
  if (blockWidth < 1 || blockHeight < 1) {
    throw contradiction("the page's tiles have no size");
  }
  for (
    const [key, tile] of [["Width", blockWidth], [
      "Height",
      blockHeight,
    ]] as const
  ) {
    const told = element.attributes[key];
    if (told !== undefined && Number(told) !== tile) {
      throw contradiction(
        `tiles of ${name} have ${key} ${told}, but the page's ${tile}`,
      );
    }
  }
  const area = {
    name,
    element,
    column: numberOf(origin, "OriginX", name) / blockWidth,
    row: numberOf(origin, "OriginY", name) / blockHeight,
    columns: numberOf(element, "NumCols", name),
    rows: numberOf(element, "NumRows", name),
    x: Math.trunc(numberOf(element, "Pos-X", name)),
    bottom: Math.trunc(numberOf(element, "Pos-Y", name)),
  };
  const { column, row, columns, rows, x } = area;
  const isWhole =
    [column, row, columns, rows].every((value) =>
      Number.isInteger(value) && value >= 0
    ) &&
    columns > 0 && rows > 0;
  const isWithin = column + columns <= Math.ceil(width / blockWidth) &&
    row + rows <= Math.ceil(height / blockHeight);
  if (!isWhole || !isWithin) {
    throw contradiction(
      `${name} has ${columns}×${rows} tiles from column ${column} and row ${row}, which are not in the page`,
    );
  }
  if (x < 0) throw contradiction(`${name} begins ${-x} px left of the slide`);
  return area;
}

/** The mean overlap across and down in pixels; `undefined` if no joint states it. */
function meanOverlaps(
  areas: readonly Area[],
  { blockWidth, blockHeight }: TiffPage,
): { x?: number; y?: number } {
  const sums = { x: 0, y: 0 };
  const weights = { x: 0, y: 0 };
  for (const area of areas) {
    for (const joint of descendants(area.element, "TileJointInfo")) {
      const across = isAcross(joint, area);
      const [axis, tile] = across
        ? ["x", blockWidth] as const
        : ["y", blockHeight] as const;
      const overlap = numberOf(
        joint,
        across ? "OverlapX" : "OverlapY",
        area.name,
      );
      const confidence = numberOf(joint, "Confidence", area.name);
      if (!(Math.abs(overlap) < tile && confidence >= 0)) {
        throw contradiction(
          `tiles of ${tile} px overlap by ${overlap} px with a confidence of ${confidence} in ${area.name}`,
        );
      }
      sums[axis] += confidence * overlap;
      weights[axis] += confidence;
    }
  }
  return {
    x: weights.x > 0 ? sums.x / weights.x : undefined,
    y: weights.y > 0 ? sums.y / weights.y : undefined,
  };
}

/**
 * Whether a joint is between tiles side by side; otherwise one is above the other. Newer scanners write `LEFT` and `DOWN`, with the
 * tiles in either order.
 */
function isAcross(
  { attributes: { Direction, Tile1, Tile2 } }: XmlElement,
  area: Area,
): boolean {
  const [a, b] = [Tile1, Tile2].map((tile) => placeOf(Number(tile), area));
  const step = a && b && `${b.column - a.column},${b.row - a.row}`;
  const steps: { readonly [direction: string]: readonly string[] } = {
    RIGHT: ["1,0"],
    LEFT: ["1,0", "-1,0"],
    UP: ["0,-1"],
    DOWN: ["0,-1", "0,1"],
  };
  if (
    step && Object.hasOwn(steps, Direction) && steps[Direction].includes(step)
  ) {
    return Direction === "RIGHT" || Direction === "LEFT";
  }
  throw contradiction(
    `tiles ${Tile1 ?? "none"} and ${
      Tile2 ?? "none"
    } of ${area.name} are joined "${Direction ?? "none"}", but do not lie so`,
  );
}

/** The place of a tile in its area. Tiles are numbered from 1 at the lower left, upwards in rows that turn at each end. */
function placeOf(
  tile: number,
  { columns, rows }: Area,
): { column: number; row: number } | undefined {
  if (!(Number.isInteger(tile) && tile >= 1 && tile <= columns * rows)) {
    return undefined;
  }
  const up = Math.floor((tile - 1) / columns);
  const along = (tile - 1) % columns;
  return {
    column: up % 2 === 0 ? along : columns - 1 - along,
    row: rows - 1 - up,
  };
}

function numberOf(element: XmlElement, key: string, area: string): number {
  const text = element.attributes[key];
  const value = text?.trim() ? Number(text) : NaN;
  if (Number.isFinite(value)) return value;
  throw contradiction(
    `${key} of ${element.name} must be a number in ${area}, received ${
      text === undefined ? "none" : JSON.stringify(text.slice(0, 100))
    }`,
  );
}

function contradiction(what: string): Error {
  return cannot(
    "find the areas of a Ventana slide",
    `it is uncertain from its XML where tiles belong: ${what}: ${HINT}`,
    { kind: SyntaxError },
  );
}
