import type { Tile } from "../../src/tiles/plan_tiles.ts";
import { uniform } from "./synthetic_weights.ts";

/** A tile of seeded noise; `index` seeds it. */
export function makeTile(
  { index = 0, size = 12, expansion = 4, downsample = 1 }: {
    readonly index?: number;
    readonly size?: number;
    readonly expansion?: number;
    readonly downsample?: number;
  } = {},
): Tile {
  const side = (size + expansion) * downsample;
  const values = uniform(`tile${index}`, side * side * 3);
  const pixels = Uint8Array.from(values, (u) => Math.floor(u * 256));
  const x = index * size * downsample;
  return {
    index,
    column: index,
    row: 0,
    x,
    y: 0,
    size,
    expansion,
    downsample,
    pixels,
  };
}
