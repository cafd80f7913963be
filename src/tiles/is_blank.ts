import type { Slide } from "../slide/slide.ts";
import { type TilePosition, tileSpan } from "./plan_tiles.ts";

/** How far a reduced level may reach beyond the bounds: so many of its pixels, or this share of the bounds' sides. */
const SLACK = { pixels: 2, share: 0.02 };

/**
 * Finds the tiles of which nothing was scanned: they lie on the slide, and outside of its bounds, with their expansion. All
 * have the same pixels, those of the background. Tiles that reach beyond the slide are left to the reader, which fills them.
 *
 * @param level The level that is read: reduced ones are rounded, so bounds are taken larger there.
 */
export function isBlank(
  { width, height, bounds, levels }: Slide,
  level: number,
): (position: TilePosition) => boolean {
  if (!bounds) return () => false;
  const scale = levels[level]?.downsample ?? 1;
  const slackOf = (side: number) =>
    scale === 1 ? 0 : Math.max(SLACK.pixels * scale, SLACK.share * side);
  const [across, down] = [slackOf(bounds.width), slackOf(bounds.height)];
  const left = bounds.x - across;
  const top = bounds.y - down;
  const right = bounds.x + bounds.width + across;
  const bottom = bounds.y + bounds.height + down;
  return (position) => {
    // A tile that is resampled takes in the whole pixels that it touches.
    const margin = position.expansion / 2 * position.downsample + scale;
    const side = tileSpan(position) + 2 * margin;
    const [x, y] = [position.x - margin, position.y - margin];
    const isOnSlide = x >= 0 && y >= 0 && x + side <= width &&
      y + side <= height;
    const meets = x < right && x + side > left && y < bottom &&
      y + side > top;
    return isOnSlide && !meets;
  };
}
