import type { ByteSource } from "./byte_source.ts";
import type { TiffPage } from "./tiff_page.ts";

/** Properties of a picture file. */
export type PictureTraits =
  & Pick<
    TiffPage,
    "width" | "height" | "samples" | "compression" | "photometric"
  >
  & Partial<TiffPage>
  & { readonly depth: number };

/** A whole picture file as a page of one block, so that it is read as slides are. */
export function picturePage(
  source: ByteSource,
  { depth, ...traits }: PictureTraits,
): TiffPage {
  return {
    place: "page 0",
    software: "",
    xmp: "",
    tiled: false,
    blockWidth: traits.width,
    blockHeight: traits.height,
    bits: Array(traits.samples).fill(depth),
    formats: Array(traits.samples).fill(1),
    extraSamples: [],
    predictor: 1,
    planar: false,
    fillOrder: 1,
    subfileType: 0,
    description: "",
    subsampling: [1, 1],
    orientation: 1,
    littleEndian: true,
    isWholeFile: true,
    source,
    children: [],
    loadTable: () =>
      Promise.resolve({ offsets: [0], byteCounts: [source.size] }),
    ...traits,
  };
}
