import type { Slide } from "../slide/slide.ts";

/** What a layer of the page is cut from: a slide, or anything else that has sizes and gives regions as RGB. */
export type LayerSource = Pick<
  Slide,
  "width" | "height" | "levels" | "readRegion"
>;
