import { planTiles } from "../tiles/plan_tiles.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Checks the options that say how slides are cut, before any slide is opened.
 *
 * @throws {UsageError} If no slide could be cut so.
 */
export function checkTiling(
  { tile, expansion, downsample, mpp }: {
    readonly tile: number;
    readonly expansion: number;
    readonly downsample?: number;
    readonly mpp?: number;
  },
): void {
  const scale = { x: mpp ?? 1, y: mpp ?? 1 };
  try {
    planTiles({ width: 1, height: 1, mpp: scale }, {
      size: tile,
      expansion,
      ...(mpp === undefined ? { downsample } : { mpp }),
    });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
  if ((tile + expansion) % 32 !== 0) { // before weights are loaded: they are a UNeXt's
    throw new UsageError(
      `--tile + --expansion must be a multiple of 32: received ${tile} + ${expansion}`,
    );
  }
}
