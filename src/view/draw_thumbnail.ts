import { encodePhoto } from "../masks/pictures/encode_photo.ts";
import type { Slide } from "../slide/slide.ts";
import { shrinkRegion } from "./deep_zoom.ts";

/** Longest side of a thumbnail in pixels. */
const SIDE = 128;
/** Maximum pixels of a level to read for one: more take seconds. */
const MOST = 2 ** 26;

/** Draws a slide small, from its coarsest level that is large enough; `undefined` if that is too large to read for it. */
export async function drawThumbnail(
  slide: Pick<Slide, "width" | "height" | "levels" | "readRegion">,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array | undefined> {
  const { levels } = slide;
  const level = Math.max(
    0,
    levels.findLastIndex(({ width, height }) =>
      Math.max(width, height) >= SIDE
    ),
  );
  const size = levels[level];
  if (size.width * size.height > MOST) return undefined;
  const shrink = Math.max(1, Math.max(size.width, size.height) / SIDE);
  const [width, height] = [size.width, size.height]
    .map((side) => Math.max(1, Math.round(side / shrink)));
  const scale = { x: size.width / width, y: size.height / height };
  const whole = { x: 0, y: 0, width, height };
  const pixels = await shrinkRegion(slide, { level, scale, ...whole, signal });
  return await encodePhoto(pixels, { width, height });
}
