import { pngFile } from "../io/encode_png.ts";
import type { Overview, OverviewPicture } from "../masks/pictures/overview.ts";
import { encodePhoto } from "../masks/pictures/encode_photo.ts";
import { dataUrl } from "./markup.ts";
import type { ReportPicture } from "./slide_report.ts";

/** Maximum side of a thumbnail in pixels. */
const THUMBNAIL = 240;

/** Makes the pictures of a report from an overview: the slide as JPEG, the outlines as PNG, a thumbnail of both. */
export async function reportPicture(
  overview: Overview,
): Promise<ReportPicture> {
  const { scale } = overview;
  const slide = overview.picture();
  const { width, height } = slide;
  const photo = await encodePhoto(slide.data, slide);
  const row = (y: number) => overview.outlineRow(y);
  const outlines = await pngFile({ width, height, channels: 4 }, row);
  const small = thumbnailOf(overview, { width, height });
  const thumbnail = await encodePhoto(small.data, small);
  return {
    width,
    height,
    scale,
    slide: dataUrl(photo),
    outlines: dataUrl(outlines),
    thumbnail: dataUrl(thumbnail),
  };
}

/** Shrinks the picture with its outlines by an integer, averaging blocks. */
function thumbnailOf(
  overview: Overview,
  { width, height }: { readonly width: number; readonly height: number },
): OverviewPicture {
  const factor = Math.ceil(Math.max(width, height) / THUMBNAIL);
  const small = {
    width: Math.ceil(width / factor),
    height: Math.ceil(height / factor),
  };
  const data = new Uint8Array(small.width * small.height * 3);
  for (let y = 0; y < small.height; y++) {
    const bottom = Math.min(height, (y + 1) * factor);
    const sums = new Uint32Array(small.width * 3);
    for (let from = y * factor; from < bottom; from++) {
      const row = overview.renderRow(from);
      for (let at = 0; at < row.length; at++) {
        sums[Math.floor(at / 3 / factor) * 3 + at % 3] += row[at];
      }
    }
    for (let i = 0, to = y * sums.length; i < sums.length; i++, to++) {
      const left = Math.floor(i / 3) * factor;
      const columns = Math.min(factor, width - left);
      data[to] = Math.round(sums[i] / (columns * (bottom - y * factor)));
    }
  }
  return { ...small, data };
}
