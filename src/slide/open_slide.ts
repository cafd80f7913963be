import type { ByteSource } from "./byte_source.ts";
import type { SlideLayout } from "./formats/layout.ts";
import { isFileUrl, isRemote, openSource } from "./open_source.ts";
import { raceSignal } from "./race_signal.ts";
import type { RemoteOptions } from "./remote/open_url_source.ts";
import { restateError } from "./restate_error.ts";
import type { Slide } from "./slide.ts";
import { TiffSlide } from "./tiff_slide.ts";

/** Options for {@linkcode openSlide}. */
export interface OpenSlideOptions {
  /** The slide's name. Default: the file's, without folders and extension. */
  readonly name?: string;
  /** Micrometers per level-0 pixel. Default: what the file says. */
  readonly mpp?: number | { readonly x: number; readonly y: number };
  /**
   * The page that is the slide, counted from 0 as `tiffinfo` and libvips do, for files that hold several and do not say
   * which is; its SubIFDs are its levels. Default: what the file's format says.
   */
  readonly page?: number;
  /**
   * The values of a sample that are black and white, for samples of more than 14 bits. Default: what the file says; else 0
   * to 1 for floats, all that 16 bits hold, and 32-bit integers are refused.
   */
  readonly sampleRange?: readonly [min: number, max: number];
  /**
   * Bytes of decoded blocks to keep for regions that overlap. Default: 48 MiB, or what a default tile and the next row
   * of tiles need: more for wide slides, and for strips as wide as the slide, up to 1 GiB.
   */
  readonly cacheBytes?: number;
  /**
   * Decoding threads, shared by all slides opened with the same number; 0 decodes on the caller's thread. They start when
   * there is enough to decode, and end with the last slide. Default: one per core.
   */
  readonly threads?: number;
  /** How a slide is read from a server. */
  readonly remote?: RemoteOptions;
  /** Stops early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a slide: a TIFF or BigTIFF (also OME-TIFF, and Aperio's SVS), or a PNG or JPEG picture; a local one, one on a
 * server that serves ranges, or one in a `Blob`. Pixels are read by region, never the whole file; only PNG and JPEG
 * pictures are decoded whole, up to 512 MiB. A slide on a server needs `--allow-net=HOST`.
 *
 * Supported are tiles and strips, interleaved or planar, uncompressed or in LZW, deflate, PackBits, zstd, JPEG, JPEG
 * 2000, WebP or LERC, in every orientation: RGB, grayscale, palettes, CMYK, YCbCr, and three grayscale pages (the red,
 * green and blue of a 3×H×W or 1×1×3×H×W array). Alpha is composited over white.
 *
 * Samples become bytes: of 16 and 32 bits the highest 8 are kept, as OpenCV and Pillow do; 1 to 14 bits are scaled to 0
 * to 255; floats are taken as 0 to 1. Signed integers and stacks of other than three channels are refused, since their
 * colors are not defined.
 *
 * Source: TIFF 6.0, BigTIFF, the OME-TIFF specification, and Aperio's published notes on SVS.
 *
 * @example Read a corner of a picture made by hand: 2×1 pixels, red and blue
 * ```ts
 * import { openSlide } from "@tilewise/tilewise";
 *
 * const tags = [[256, 2], [257, 1], [258, 8], [262, 2], [273, 110], [277, 3], [278, 1], [279, 6]];
 * const fields = tags.flatMap(([tag, value]) => [tag, 3, 1, 0, value, 0]);
 * const header = Uint16Array.of(0x4949, 42, 8, 0, tags.length, ...fields, 0, 0);
 * const file = new Blob([header, Uint8Array.of(255, 0, 0, 0, 0, 255)]);
 *
 * await using slide = await openSlide(file, { name: "tiny" });
 * const pixels = await slide.readRegion({ x: 1, y: 0, width: 1, height: 1 });
 * console.log(slide.width, slide.height, pixels); // 2 1 [0, 0, 255]
 * ```
 *
 * @param source A path, a `file:`, `http:` or `https:` URL (in a string too), or a `Blob`.
 * @throws {TypeError} If the file's encoding is not supported, or the source is of another type.
 * @throws {SyntaxError} If the file is not a TIFF, or is damaged.
 * @throws {RangeError} If the file claims impossible sizes.
 * @throws {Error} If the file cannot be opened, or its server fails.
 */
export async function openSlide(
  source: string | URL | Blob,
  options: OpenSlideOptions = {},
): Promise<Slide> {
  return await openSlideTelling(source, options);
}

/** What {@linkcode openSlideTelling} tells beside the slide. */
export interface TellingOptions extends OpenSlideOptions {
  /** Gets the layout of the file, as far as its levels can be read. */
  readonly onLayout?: (layout: SlideLayout) => void;
}

/** Opens a slide as {@linkcode openSlide} does, and tells how its file is laid out. */
export async function openSlideTelling(
  source: string | URL | Blob,
  options: TellingOptions = {},
): Promise<Slide> {
  const { cacheBytes, threads, signal } = options;
  if (cacheBytes !== undefined && !(cacheBytes >= 0)) {
    throw new RangeError(
      `Cannot open a slide as cacheBytes is not negative: received ${cacheBytes}`,
    );
  }
  const mpp = toMpp(options.mpp);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 0)) {
    throw new RangeError(
      `Cannot open a slide as threads is an integer from 0: received ${threads}`,
    );
  }
  checkRemote(options.remote);
  checkChoices(options);
  signal?.throwIfAborted();
  const shown = describe(source);
  const name = options.name ?? nameOf(shown).replace(/(?<=.)\.[^.]*$/, "");
  let bytes: ByteSource | undefined;
  try {
    bytes = await openSource(source, { ...options.remote, signal });
    return await raceSignal(
      TiffSlide.open(bytes, { ...options, name, fileName: nameOf(shown), mpp }),
      signal,
    );
  } catch (cause) {
    await bytes?.close();
    signal?.throwIfAborted();
    const missing = cause instanceof Error && cause.name === "NotFound";
    throw restateError(
      missing ? new Error("it does not exist", { cause }) : cause,
      `Cannot open slide ${shown}`,
    );
  }
}

function toMpp(
  mpp: OpenSlideOptions["mpp"],
): { x: number; y: number } | undefined {
  if (mpp === undefined) return undefined;
  const { x, y } = typeof mpp === "number" ? { x: mpp, y: mpp } : mpp;
  if (x > 0 && y > 0 && x < 1e6 && y < 1e6) return { x, y };
  throw new RangeError(
    `Cannot open a slide as mpp is a positive number of micrometers: received ${x}×${y}`,
  );
}

/** A path's last part. */
function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1)!;
}

function checkChoices({ page, sampleRange }: OpenSlideOptions): void {
  if (page !== undefined && !(Number.isInteger(page) && page >= 0)) {
    throw new RangeError(
      `Cannot open a slide as page is an integer from 0: received ${page}`,
    );
  }
  if (!sampleRange) return;
  const [min, max] = sampleRange;
  if (!(Number.isFinite(min) && Number.isFinite(max) && min < max)) {
    throw new RangeError(
      `Cannot open a slide as sampleRange is a smaller and a larger number: received ${min} and ${max}`,
    );
  }
}

function checkRemote({ timeout, attempts, cacheBytes }: RemoteOptions = {}) {
  for (const [name, value] of Object.entries({ timeout, attempts })) {
    if (value === undefined || value >= 1) continue;
    throw new RangeError(
      `Cannot open a slide as remote.${name} is a number from 1: received ${value}`,
    );
  }
  if (cacheBytes !== undefined && !(cacheBytes >= 0)) {
    throw new RangeError(
      `Cannot open a slide as remote.cacheBytes is not negative: received ${cacheBytes}`,
    );
  }
}

/** Names the source, and refuses those that are not read. */
function describe(source: string | URL | Blob): string {
  if (source instanceof Blob) {
    return "name" in source ? String(source.name) : "a Blob";
  }
  if (isRemote(source)) {
    // Whoever may see errors and logs need not see the keys in a query.
    if (!URL.canParse(String(source))) {
      throw new TypeError(`Cannot open slide ${source} as it is no URL`);
    }
    const { origin, pathname } = new URL(source);
    return origin + decode(pathname);
  }
  if (isFileUrl(source)) return decode(new URL(source).pathname);
  // "C:/" is a path.
  if (typeof source === "string" && !/^[a-z][\w+.-]+:\/\//i.test(source)) {
    return source;
  }
  throw new TypeError(
    `Cannot open slide ${source} as only files, http and https URLs, and Blobs are read`,
  );
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a lone % is no reason to refuse a file
  }
}
