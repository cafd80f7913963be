import { openSlide } from "../../src/slide/open_slide.ts";
import { makeTiff, type PageSpec } from "./make_tiff.ts";

/** Opens a TIFF made of pages. */
export async function openPages(
  pages: readonly PageSpec[],
  file: Parameters<typeof makeTiff>[1] = {},
): Promise<Awaited<ReturnType<typeof openSlide>>> {
  return await openSlide(new Blob([await makeTiff(pages, file)]), {
    name: "made",
  });
}

/** All of a slide's finest level. */
export async function readAll(
  slide: Awaited<ReturnType<typeof openSlide>>,
): Promise<Uint8Array> {
  return await slide.readRegion({
    x: 0,
    y: 0,
    width: slide.width,
    height: slide.height,
  });
}
