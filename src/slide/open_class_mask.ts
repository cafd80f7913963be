import { cannot, reasonOf } from "../errors/cannot.ts";
import { codecName, codecOf } from "./codecs/codecs.ts";
import { PNG } from "./codecs/block_job.ts";
import type { StoredPicture } from "./encoding.ts";
import { openSlideFile } from "./open_slide_file.ts";
import { openSource } from "./open_source.ts";
import type { ReadRegionOptions, Region, Slide } from "./slide.ts";

/** A picture read as a mask of classes. */
export interface ClassMask
  extends Pick<Slide, "width" | "height">, AsyncDisposable {
  /** The bits of a value: values of more than 8 bits that are above 255 are read as 255. */
  readonly bits: number;
  /** Reads a region of level 0: the value of each pixel, row by row; 0 where it is transparent, missing or outside. */
  readValues(region: Region, options?: ReadRegionOptions): Promise<Uint8Array>;
}

/**
 * Opens a picture as a mask of classes: gray values, or indices of a palette; 0 is background, k the k-th class.
 *
 * @throws {TypeError} If its values are not those of classes, as those of colors or of lossy compression.
 * @throws {Error} If the file cannot be opened.
 */
export async function openClassMask(
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<ClassMask> {
  const action = `open mask "${path}"`;
  const source = await openSource(path, { signal }).catch((cause) => {
    throw cannot(
      action,
      cause?.name === "NotFound" ? "it does not exist" : reasonOf(cause),
      { cause },
    );
  });
  try {
    let bits = 8;
    const picture = await openSlideFile(source, {
      ...{ name: path, classes: true, signal },
      mask(page) {
        expectValues(page);
        [bits] = page.bits;
      },
    });
    return {
      ...{ width: picture.width, height: picture.height, bits },
      async readValues(region, options = {}) {
        const pixels = await picture.readRegion(region, {
          ...options,
          fill: 0,
        });
        const values = new Uint8Array(pixels.length / 3);
        for (let i = 0, at = 0; i < values.length; i++, at += 3) {
          values[i] = pixels[at] & pixels[at + 1];
        }
        return values;
      },
      [Symbol.asyncDispose]: () => picture[Symbol.asyncDispose](),
    };
  } catch (cause) {
    await source.close();
    signal?.throwIfAborted();
    throw cannot(action, reasonOf(cause), { cause });
  }
}

/** Throws if the samples of a picture are not values of classes. */
function expectValues(page: StoredPicture): void {
  const { photometric, formats, compression, transparency } = page;
  const codec = codecOf(compression);
  const isExact = compression === PNG || (codec && "unpack" in codec);
  const fault = photometric === 0
    ? "zero is white in its file, so its values may be inverted"
    : photometric !== 1 && photometric !== 3
    ? "it has colors, which are not numbers of classes"
    : formats[0] === 3
    ? "its values are floating-point numbers"
    : !isExact
    ? `its compression, ${codecName(compression)}, may change values`
    : photometric === 1 && transparency?.some((byte) => byte !== 0)
    ? "a gray of its PNG is transparent (tRNS), so its background is ambiguous"
    : undefined;
  if (fault === undefined) return;
  throw cannot(
    "read a mask of classes",
    `${fault}: save it as gray or palette, 0 for background and k for the k-th class, as PNG or as TIFF without lossy compression`,
    { kind: TypeError },
  );
}
