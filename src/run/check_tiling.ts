import { planTiles } from "../tiles/plan_tiles.ts";
import { nearest } from "../options/option.ts";
import { UsageError } from "../options/usage_error.ts";

/** What the sum of tile and expansion is a multiple of. */
const STEP = 32;

/**
 * Checks the options that say how slides are cut, before any slide is opened.
 *
 * @param name The option that the expansion comes from.
 * @throws {UsageError} If no slide could be cut so; it names the sizes next to one that does not fit.
 */
export function checkTiling(
  { tile, expansion, downsample, mpp }: {
    readonly tile: number;
    readonly expansion: number;
    readonly downsample?: number;
    readonly mpp?: number;
  },
  name: "expansion" | "reference" = "expansion",
): void {
  const scale = { x: mpp ?? 1, y: mpp ?? 1 };
  // Before weights are loaded: they are a UNeXt's, which halves its tiles five times.
  const message = mend({ tile, expansion, name });
  if (message) throw new UsageError(message);
  try {
    planTiles({ width: 1, height: 1, mpp: scale }, {
      size: tile,
      expansion,
      ...(mpp === undefined ? { downsample } : { mpp }),
    });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

/** Says which sizes would fit; nothing where the sum is not what is wrong. */
function mend(
  { tile, expansion, name }: {
    readonly tile: number;
    readonly expansion: number;
    readonly name: string;
  },
): string | undefined {
  const isEven = expansion % 2 === 0;
  if (isEven ? (tile + expansion) % STEP === 0 : tile % 2 !== 0) {
    return undefined;
  }
  // The odd one of the two is mended, the other kept.
  const mendsTile = isEven && tile % STEP !== 0;
  const next = mendsTile
    ? nearest(tile, { step: STEP, least: 1, offset: expansion })
    : nearest(expansion, { step: STEP, least: 0, offset: tile });
  return `--tile plus --${name} is a multiple of ${STEP}: received ${tile} + ${expansion}; for --${
    mendsTile ? "tile" : name
  }, ${next}`;
}
