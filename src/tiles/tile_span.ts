/**
 * Side of a tile's center in level-0 pixels. It is an integer even if `downsample` is not, so that tiles meet without
 * seams.
 *
 * @example Tiles of 1.1 pixels each way
 * ```ts
 * import { planTiles, tileSpan } from "@tilewise/tilewise/tiles";
 *
 * const grid = planTiles({ width: 900, height: 700 }, { size: 256, expansion: 64, downsample: 1.1 });
 * console.log(tileSpan(grid.tile(0)), grid.downsample); // 282 1.1015625
 * ```
 */
export function tileSpan(
  { size, downsample }: { readonly size: number; readonly downsample: number },
): number {
  return Math.round(size * downsample);
}
