import { cannot } from "../../errors/cannot.ts";
import type { AssociatedPicture, SlideContents } from "./format.ts";

/** A picture beside the slide that can be opened as one. */
export type OpenPicture = Required<AssociatedPicture>;

/**
 * One level of a slide, or one picture beside it, as a slide of its own. Pages are the levels, then those pictures.
 *
 * @throws {RangeError} If there is no such page.
 */
export function choosePage(
  { levels, background, mpp }: SlideContents,
  { page, associated }: {
    readonly page: number;
    readonly associated: readonly OpenPicture[];
  },
): SlideContents {
  const count = levels.length + associated.length;
  if (page >= count) {
    throw cannot("find the slide", `it has pages 0 to ${count - 1}`, {
      received: page,
      kind: RangeError,
    });
  }
  const level = levels[page];
  if (level) {
    const { downsample } = level;
    return {
      levels: [{ ...level, downsample: 1 }],
      background,
      mpp: mpp && { ...mpp, x: mpp.x * downsample, y: mpp.y * downsample },
    };
  }
  const { page: picture, openBlocks } = associated[page - levels.length];
  const { width, height } = picture;
  return {
    levels: [{
      width,
      height,
      downsample: 1,
      picture,
      openBlocks,
      countMissing: () => Promise.resolve(0),
    }],
  };
}
