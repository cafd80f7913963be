import type { Slide } from "../slide/slide.ts";

/** Source of a layer: a slide, or anything else with a size and regions as RGB. */
export type LayerSource = Pick<
  Slide,
  "width" | "height" | "levels" | "readRegion"
>;
