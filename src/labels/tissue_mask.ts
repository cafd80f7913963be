import { cannot, reasonOf } from "../errors/cannot.ts";
import { isMissing } from "../io/is_absent.ts";
import { type Mask, openMask } from "../slide/open_mask.ts";
import type { Region } from "../slide/slide.ts";
import { openRegion, type OpenRegionOptions } from "./open_region.ts";

/** A mask of a slide's tissue, of which only is asked whether a region meets it. */
export interface TissueMask extends AsyncDisposable {
  /** Whether a region of level 0 meets the tissue. */
  meets(region: Region): Promise<boolean>;
}

/**
 * Opens a mask of a slide's tissue: GeoJSON in level-0 pixels, or a TIFF or PNG of the slide's shape, at its size or smaller. A
 * region meets a smaller mask if it overlaps one of its pixels.
 *
 * @throws {RangeError} If it has another shape, or is no mask of this slide.
 * @throws {Error} If the file cannot be read.
 */
export async function openTissue(
  path: string,
  size: { readonly width: number; readonly height: number },
  options: Omit<OpenRegionOptions, "classification" | "flag"> = {},
): Promise<TissueMask> {
  const { onWarning, signal } = options;
  if (isGeoJson(path)) {
    const polygons = await openRegion(path, size, options);
    return {
      meets: async (region) => (await polygons.readRegion(region)).includes(1),
      [Symbol.asyncDispose]: () => polygons[Symbol.asyncDispose](),
    };
  }
  const action = `use the tissue mask "${path}"`;
  const mask = await openMask(path, { signal }).catch((cause) => {
    signal?.throwIfAborted();
    const reason = isMissing(cause) ? "it does not exist" : reasonOf(cause);
    throw cannot(action, reason, { cause });
  });
  const scale = size.width / mask.width;
  // Sides of smaller masks are rounded.
  if (Math.abs(size.height / scale - mask.height) > 1 || scale < 1) {
    await mask[Symbol.asyncDispose]();
    throw cannot(
      action,
      `it must have the shape of the slide, ${size.width}×${size.height}, and is ${mask.width}×${mask.height}`,
      { kind: RangeError },
    );
  }
  mask.notes.forEach((note) => onWarning?.(`of "${path}", ${note}`));
  return {
    meets: (region) => meetsPicture(mask, { region, scale, signal }),
    [Symbol.asyncDispose]: () => Promise.resolve(mask[Symbol.asyncDispose]()),
  };
}

/** Whether a file is GeoJSON, by its name. */
export function isGeoJson(path: string): boolean {
  return /\.(geo)?json(\.gz)?$/i.test(path);
}

async function meetsPicture(
  mask: Mask,
  { region, scale, signal }: {
    readonly region: Region;
    readonly scale: number;
    readonly signal?: AbortSignal;
  },
): Promise<boolean> {
  const [x, y] = [region.x, region.y].map((at) => Math.floor(at / scale));
  const right = Math.ceil((region.x + region.width) / scale);
  const bottom = Math.ceil((region.y + region.height) / scale);
  const pixels = await mask.readRegion(
    { x, y, width: right - x, height: bottom - y },
    { signal },
  );
  return pixels.some((value) => value !== 0);
}
