/**
 * Open slides, read regions, and inspect files.
 *
 * @module
 */

export { inspectSlide } from "./inspect_slide.ts";
export type {
  InspectedArea,
  InspectedLevel,
  InspectedPage,
  InspectedPicture,
  SlideInspection,
} from "./slide_inspection.ts";
export { openSlide, type OpenSlideOptions } from "./open_slide.ts";
export type { DicomWebSeries } from "./remote/dicom_web.ts";
export type { RemoteOptions } from "./remote/open_url_source.ts";
export type {
  AssociatedImage,
  AssociatedPixels,
  OpenedSlide,
  ReadAssociatedOptions,
  ReadRegionOptions,
  Region,
  Slide,
  SlideLevel,
} from "./slide.ts";
export type { SlideFiles, SlideLocation } from "./open_source.ts";
