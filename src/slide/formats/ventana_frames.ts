import { descendants, type XmlElement } from "../xml.ts";

/** An area of a Ventana slide, as its `ImageInfo` describes it. */
export interface FramedArea {
  /** `area 0`, for warnings. */
  readonly name: string;
  readonly element: XmlElement;
  readonly columns: number;
  readonly rows: number;
}

/** The columns and rows of an area's tiles, in the order in which they are stored, and their focal planes. */
export interface Frames {
  readonly planes: number;
  /** Why the list is not what the page's grid of tiles says; `undefined` if it is, or if there is none. */
  readonly problem?: string;
}

/**
 * Compares an area's list of frames with the grid of its tiles: scanners list the column and row of each tile, row by row from
 * the upper left, as TIFF stores tiles. Older ones have no list. The tiles are where the grid has them, whatever the list says.
 *
 * Source: Roche's notes on BIF (`<Frame XY="COLUMN,ROW" Z="0">`), and opentile-go, which reads files of the DP 200.
 *
 * @param info The page's `EncodeInfo`: some writers list frames beside the areas.
 */
export function readFrames(
  info: XmlElement,
  { name, element, columns, rows }: FramedArea,
): Frames {
  const { AOIIndex } = element.attributes;
  const beside = info.children.filter((each) =>
    each.name === "FrameInfo" && each.attributes.AOIIndex === AOIIndex
  );
  const frames = [element, ...beside].flatMap((each) => [
    ...descendants(each, "Frame"),
  ]);
  const planes = new Set(frames.map(({ attributes }) => attributes.Z ?? "0"));
  let last = -1;
  for (const { attributes: { XY = "" } } of frames) {
    const [column, row] = XY.split(",").map((text) =>
      /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : NaN
    );
    const isWithin = column < columns && row < rows;
    if (!isWithin || row * columns + column <= last) {
      return {
        planes: planes.size,
        problem:
          `its XML lists the tiles of ${name} in another order than row by row ("${
            XY.slice(0, 20)
          }"): they are placed by the page's grid`,
      };
    }
    last = row * columns + column;
  }
  return { planes: planes.size };
}
