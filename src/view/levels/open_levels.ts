import { colorsOf, type MaskClass, rgbOf } from "../../io/classes.ts";
import type { LayerSource } from "../deep_zoom.ts";
import type { LevelsDescription } from "../description.ts";
import { TileLayer } from "../tile_layer.ts";
import type { ViewHandler } from "../view.ts";
import { levelsHandlers } from "./levels_handlers.ts";
import { ProbabilityMaps } from "./probability_maps.ts";
import type { ObjectRules } from "./trace_level.ts";

/**
 * What the run that wrote a slide's probability maps did with them.
 *
 * @category Viewer
 */
export interface MapRun {
  /** Its threshold. */
  readonly threshold: number;
  /** Minimum area of an object in level-0 pixels. */
  readonly minArea: number;
  /** Tolerance for simplifying outlines, in level-0 pixels. */
  readonly simplify: number;
  /** The classes, in the order of the maps; one without a color has the color of all objects. */
  readonly classes: readonly MaskClass[];
}

/** Color of objects of one class. */
const GREEN = [0, 200, 83] as const;

/**
 * Prepares the objects of a slide's probability maps at any threshold.
 *
 * @param maps One per class, all of one size.
 */
export function openLevels(
  maps: readonly LayerSource[],
  { slide: { mpp }, slideWidth, run }: {
    readonly slide: Pick<ObjectRules, "mpp">;
    /** Width of the maps in level-0 pixels. */
    readonly slideWidth: number;
    /** The run that wrote them, if known. */
    readonly run?: MapRun;
  },
): {
  readonly description: LevelsDescription;
  readonly handlers: ReadonlyMap<string, ViewHandler>;
} {
  const probabilities = new ProbabilityMaps(maps, { slideWidth });
  const several = maps.length > 1;
  const classes = run?.classes ??
    maps.map((_, i) => several ? { name: `Class ${i + 1}` } : undefined);
  const colors = several
    ? colorsOf(classes.map((one) => one!)).map(rgbOf)
    : [GREEN];
  const { minArea = 0 } = run ?? {};
  const { description } = new TileLayer(maps[0], {
    ...{ id: "mask", slideWidth, colored: several },
  });
  return {
    description: {
      mask: description,
      scale: probabilities.scale,
      minArea,
    },
    handlers: levelsHandlers(probabilities, {
      classes: maps.map((_, i) => ({
        ...(classes[i] && { name: classes[i].name }),
        color: colors[i],
      })),
      ...{ mpp, minArea },
      simplify: run?.simplify ?? 0,
    }),
  };
}

/** A picture of the highest of several maps: what a threshold cuts. */
export function highestOf(maps: readonly LayerSource[]): LayerSource {
  const [first, ...others] = maps;
  if (others.length === 0) return first;
  return {
    ...{ width: first.width, height: first.height, levels: first.levels },
    async readRegion(region, options) {
      const [highest, ...rest] = await Promise.all(
        maps.map((map) => map.readRegion(region, options)),
      );
      const out = highest.slice();
      for (const pixels of rest) {
        for (let i = 0; i < out.length; i++) {
          if (pixels[i] > out[i]) out[i] = pixels[i];
        }
      }
      return out;
    },
  };
}
