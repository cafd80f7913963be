import { AtomicFile } from "../../io/atomic_file.ts";
import { type TilePosition, tileSpan } from "../../tiles/plan_tiles.ts";
import { type Producer, producerText } from "../run_record.ts";
import { Polygonizer } from "./polygonizer.ts";

/** What a tissue file is of. */
export interface TissueOutlineOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The slide's height in pixels. */
  readonly height: number;
  /** The tiles with tissue, in row-major order. */
  readonly tiles: readonly TilePosition[];
  /** The run, as the member `generator`. */
  readonly producer: Producer;
}

/** RGB of the class in QuPath. */
const COLOR = [0, 131, 143] as const;

/**
 * Writes the outline of the tiles with tissue as GeoJSON, in level-0 pixels of the slide: for QuPath, and as a tissue mask,
 * which the same tiles meet again.
 *
 * @throws {Error} If the file cannot be written.
 */
export async function writeTissue(
  path: string,
  { producer, ...options }: TissueOutlineOptions,
): Promise<void> {
  const features = tissuePolygons(options).map((coordinates) => ({
    type: "Feature",
    geometry: { type: "Polygon", coordinates },
    properties: {
      objectType: "annotation",
      classification: { name: "Tissue", color: COLOR },
    },
  }));
  const generator = producerText(producer);
  const text = JSON.stringify({
    ...{ type: "FeatureCollection", generator, features },
  });
  await AtomicFile.replace(path, `${text}\n`);
}

/** The outlines of tiles, cropped to the slide: rings of corners, closed, of each polygon. */
export function tissuePolygons(
  { width, height, tiles }: Omit<TissueOutlineOptions, "producer">,
): number[][][][] {
  const [first] = tiles;
  if (!first) return [];
  const span = tileSpan(first);
  const columns = 1 + Math.max(...tiles.map(({ column }) => column));
  const rows = 1 + Math.max(...tiles.map(({ row }) => row));
  const mask = new Uint8Array(columns * rows);
  for (const { column, row } of tiles) mask[row * columns + column] = 1;
  const left = first.x - first.column * span;
  const top = first.y - first.row * span;
  const polygons: number[][][][] = [];
  // A pixel is a tile.
  const tracer = new Polygonizer({
    width: columns,
    height: rows,
    onPolygon({ rings }) {
      polygons.push(rings.map((ring) => {
        const corners: number[][] = [];
        for (let i = 0; i < ring.length; i += 2) {
          corners.push([
            Math.min(width, Math.max(0, left + ring[i] * span)),
            Math.min(height, Math.max(0, top + ring[i + 1] * span)),
          ]);
        }
        return [...corners, corners[0]];
      }));
    },
  });
  tracer.write({ y: 0, width: columns, height: rows, mask });
  tracer.close();
  return polygons;
}
