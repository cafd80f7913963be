import { dataUrl } from "./data_url.ts";
import { drawLayer } from "../masks/draw_outline.ts";
import { encodePng } from "../masks/encode_png.ts";
import type { Overview, OverviewPicture } from "../masks/overview.ts";
import { encodePhoto } from "../view/encode_photo.ts";
import type { ReportPicture } from "./slide_report.ts";

/** Longest side of a thumbnail in pixels. */
const THUMBNAIL = 240;

/** Makes the pictures of a report of an overview: the slide as JPEG, the outlines as PNG, a thumbnail of both. */
export async function reportPicture(
  overview: Overview,
): Promise<ReportPicture> {
  const { scale } = overview;
  const slide = overview.picture();
  const { width, height } = slide;
  const photo = await encodePhoto(slide.data, slide);
  const layer = overview.outlines();
  const png = await Array.fromAsync(encodePng({ ...layer, channels: 4 }));
  const data = slide.data.slice();
  drawLayer(data, layer.data);
  const small = shrink({ width, height, data }, THUMBNAIL);
  const thumbnail = await encodePhoto(small.data, small);
  return {
    width,
    height,
    scale,
    slide: dataUrl(photo),
    outlines: dataUrl(join(png)),
    thumbnail: dataUrl(thumbnail),
  };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reduces an RGB picture by a whole number, to means of blocks, so that its sides are within `side`. */
function shrink(picture: OverviewPicture, side: number): OverviewPicture {
  const { width, height, data } = picture;
  const factor = Math.ceil(Math.max(width, height) / side);
  const small = {
    width: Math.ceil(width / factor),
    height: Math.ceil(height / factor),
  };
  const result = new Uint8Array(small.width * small.height * 3);
  for (let y = 0, to = 0; y < small.height; y++) {
    const bottom = Math.min(height, (y + 1) * factor);
    for (let x = 0; x < small.width; x++) {
      const right = Math.min(width, (x + 1) * factor);
      for (let k = 0; k < 3; k++, to++) {
        let sum = 0, count = 0;
        for (let row = y * factor; row < bottom; row++) {
          for (let column = x * factor; column < right; column++, count++) {
            sum += data[(row * width + column) * 3 + k];
          }
        }
        result[to] = Math.round(sum / count);
      }
    }
  }
  return { ...small, data: result };
}
