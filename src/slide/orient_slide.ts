import type {
  OpenedSlide,
  ReadRegionOptions,
  Region,
  SlideLevel,
} from "./slide.ts";

/**
 * Shows a slide as its orientation tag requires: mirrored, turned, or both. The result owns the slide.
 *
 * @param orientation TIFF's 1 to 8: where the first stored row and column are displayed. 1 changes nothing.
 */
export function orientSlide(
  slide: OpenedSlide,
  orientation: number,
): OpenedSlide {
  // 5 to 8 exchange rows and columns; the others differ in which sides are mirrored.
  const swap = orientation >= 5;
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  if (!swap && !mirrorX && !mirrorY) return slide;
  const turn = <T extends { readonly width: number; readonly height: number }>(
    size: T,
  ): T => swap ? { ...size, width: size.height, height: size.width } : size;
  const levels: readonly SlideLevel[] = slide.levels.map(turn);
  const { mpp } = slide;

  /** Where a box of level 0 is displayed. */
  function seen(box: Region): Region {
    const x = mirrorX ? slide.width - box.x - box.width : box.x;
    const y = mirrorY ? slide.height - box.y - box.height : box.y;
    const { width, height } = turn(box);
    return swap ? { x: y, y: x, width, height } : { x, y, width, height };
  }

  async function readRegion(
    region: Region,
    { keepFrom: _, ...options }: ReadRegionOptions = {},
  ): Promise<Uint8Array> {
    const stored = slide.levels[options.level ?? 0];
    const { x, y, width, height } = region;
    // The slide refuses a level that does not exist.
    if (!stored) return await slide.readRegion(region, options);
    const box = swap
      ? { x: y, y: x, width: height, height: width }
      : { x, y, width, height };
    const pixels = await slide.readRegion({
      ...box,
      x: mirrorX ? stored.width - box.x - box.width : box.x,
      y: mirrorY ? stored.height - box.y - box.height : box.y,
    }, options);
    return rearrange(pixels, { width, height, swap, mirrorX, mirrorY });
  }

  return {
    ...turn({ width: slide.width, height: slide.height }),
    name: slide.name,
    objectivePower: slide.objectivePower,
    format: slide.format,
    bounds: slide.bounds && seen(slide.bounds),
    properties: slide.properties,
    warnings: slide.warnings,
    version: slide.version,
    levels,
    mpp: mpp && swap ? { x: mpp.y, y: mpp.x } : mpp,
    readRegion,
    associated: slide.associated,
    readAssociated: slide.readAssociated.bind(slide),
    verify: () => slide.verify?.() ?? Promise.resolve(),
    [Symbol.asyncDispose]: () => slide[Symbol.asyncDispose](),
  };
}

/** Moves stored pixels to where they are displayed; `width` and `height` are the displayed ones. */
function rearrange(
  stored: Uint8Array,
  { width, height, swap, mirrorX, mirrorY }: {
    width: number;
    height: number;
    swap: boolean;
    mirrorX: boolean;
    mirrorY: boolean;
  },
): Uint8Array {
  const seen = new Uint8Array(stored.length);
  const [storedWidth, storedHeight] = swap ? [height, width] : [width, height];
  for (let y = 0, end = 0; y < height; y++) {
    for (let x = 0; x < width; x++, end += 3) {
      const [u, v] = swap ? [y, x] : [x, y];
      const column = mirrorX ? storedWidth - 1 - u : u;
      const row = mirrorY ? storedHeight - 1 - v : v;
      const at = (row * storedWidth + column) * 3;
      seen[end] = stored[at];
      seen[end + 1] = stored[at + 1];
      seen[end + 2] = stored[at + 2];
    }
  }
  return seen;
}
