import type { TileMask } from "./stitch/stitch_bands.ts";

/**
 * Clears what a tile has outside of a region: no object, and no probability. Its arrays are changed.
 *
 * @param inside One byte per pixel of the tile's center, 0 outside.
 */
export function clipTile(tile: TileMask, inside: Uint8Array): void {
  const { mask, probability, probability8, probabilities8 = [] } = tile;
  for (const values of [mask, probability, probability8, ...probabilities8]) {
    if (!values) continue;
    for (let i = 0; i < inside.length; i++) if (inside[i] === 0) values[i] = 0;
  }
}
