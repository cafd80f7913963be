import { encodePhoto } from "../masks/pictures/encode_photo.ts";
import { type LayerSource, shrinkRegion } from "./deep_zoom.ts";

/** Longest side of a thumbnail in pixels. */
const SIDE = 128;
/** Maximum pixels of a level to read for one: more take seconds. */
const MOST = 2 ** 26;
/** The same of a level that is made of 64 times as many pixels. */
const MOST_REDUCED = 2 ** 22;

/** Draws a slide small, from its coarsest level that is large enough; `undefined` if that is too large to read for it. */
export async function drawThumbnail(
  slide: LayerSource,
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
  const most = slide.coarsest === undefined ? MOST : MOST_REDUCED;
  if (size.width * size.height > most) return undefined;
  const shrink = Math.max(1, Math.max(size.width, size.height) / SIDE);
  const [width, height] = [size.width, size.height]
    .map((side) => Math.max(1, Math.round(side / shrink)));
  const scale = { x: size.width / width, y: size.height / height };
  const whole = { x: 0, y: 0, width, height };
  const pixels = await shrinkRegion(slide, { level, scale, ...whole, signal });
  return await encodePhoto(pixels, { width, height });
}
