/**
 * Open slides, read regions, and inspect files.
 *
 * @module
 */

export {
  type InspectedArea,
  type InspectedLevel,
  type InspectedPage,
  type InspectedPicture,
  inspectSlide,
  type SlideInspection,
} from "./inspect_slide.ts";
export { openSlide, type OpenSlideOptions } from "./open_slide.ts";
export type { RemoteOptions } from "./remote/open_url_source.ts";
export type { ReadRegionOptions, Region, Slide, SlideLevel } from "./slide.ts";
export type { SlideFiles, SlideLocation } from "./open_source.ts";
