import { cannot, reasonOf } from "../errors/cannot.ts";
import { isMissing } from "../io/is_absent.ts";
import { raceSignal } from "./block_cache.ts";
import type { SlideContents } from "./formats/format.ts";
import { openSlideFile } from "./open_slide_file.ts";
import type { SlideSource } from "./folder.ts";
import {
  decodeUrl,
  isFileUrl,
  isRemote,
  mainPart,
  openSource,
  type SlideFiles,
  type SlideLocation,
} from "./open_source.ts";
import type { RemoteOptions } from "./remote/open_url_source.ts";
import type { OpenedSlide } from "./slide.ts";
import { type DicomWebSeries, seriesUrl } from "./remote/dicom_web.ts";
import { lastPart, slideNameOf } from "./slide_name.ts";

/**
 * Options for {@linkcode openSlide}.
 *
 * @category Slides
 */
export interface OpenSlideOptions {
  /** The slide's name. Default: the file's, without folders and extension. */
  readonly name?: string;
  /** Micrometers per level-0 pixel. Default: the file's. */
  readonly mpp?: number | { readonly x: number; readonly y: number };
  /**
   * The page that is the slide, counted from 0 as `tiffinfo` and libvips do, for files that contain several
   * and do not say which; its SubIFDs are its levels. Default: the page that the file's format defines.
   */
  readonly page?: number;
  /**
   * The sample values that are black and white, for samples of more than 14 bits. Default: the file's; otherwise 0 to 1
   * for floats and 0 to 65535 for 16-bit integers, while 32-bit integers are refused.
   */
  readonly sampleRange?: readonly [min: number, max: number];
  /**
   * Bytes of decoded blocks to keep for regions that overlap. Default: what a default tile and the next row of tiles
   * need, from 48 MiB to 1 GiB: more for wide slides, and for strips as wide as the slide.
   */
  readonly cacheBytes?: number;
  /**
   * Decoding threads, shared by all slides opened with the same number; 0 decodes on the caller's thread. They start when there is
   * enough to decode, and end with the last slide. Default: one per core, at most 16.
   */
  readonly threads?: number;
  /** How to read a slide from a server. */
  readonly remote?: RemoteOptions;
  /** Stops early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a slide: a TIFF or BigTIFF (also OME-TIFF, and Aperio's SVS), or a PNG or JPEG picture, from a
 * local file, from a server that supports range requests, or from a `Blob`. Pixels are read by region, never the whole file; only PNG and JPEG
 * pictures are decoded whole, up to 89 million pixels. A slide on a server needs `--allow-net=HOST`.
 *
 * Supported are tiles and strips, interleaved or planar, uncompressed or compressed with LZW, deflate, PackBits, zstd, JPEG, JPEG
 * 2000, WebP or LERC, in every orientation: RGB, grayscale, palettes, CMYK, YCbCr, and three grayscale pages (the red,
 * green and blue of a 3×H×W or 1×1×3×H×W array). Alpha is composited over white.
 *
 * Samples become bytes: 16 and 32 bits keep their highest 8, as in OpenCV and Pillow; 1 to 14 bits are scaled to 0
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
 * @param source A path, a `file:`, `http:` or `https:` URL (in a string too), or a `Blob`; a folder, if a format is one; an
 * array of these, if a slide is several files: all are taken for files of its folder; or a series on a DICOMweb server, as
 * `{ dicomweb, study, series }` or by its URL, `…/studies/UID/series/UID`.
 * @throws {TypeError} If the file's encoding is not supported, or the source is of another type.
 * @throws {SyntaxError} If the file is not a TIFF, PNG or JPEG, or is damaged.
 * @throws {RangeError} If the file claims impossible sizes.
 * @throws {Error} If the file cannot be opened, or its server fails.
 *
 * @category Slides
 */
export async function openSlide(
  source: SlideFiles | DicomWebSeries,
  options: OpenSlideOptions = {},
): Promise<OpenedSlide> {
  if (!isSeries(source)) return await openSlideTelling(source, options);
  const headers = source.headers ?? options.remote?.headers;
  return await openSlideTelling(seriesUrl(source), {
    ...options,
    remote: { ...options.remote, headers },
  });
}

function isSeries(
  source: SlideFiles | DicomWebSeries,
): source is DicomWebSeries {
  return typeof source === "object" && source !== null && "dicomweb" in source;
}

/** Options for {@linkcode openSlideTelling}. */
export interface TellingOptions extends OpenSlideOptions {
  /** Called with the contents of the file, as far as its levels can be read. */
  readonly onContents?: (contents: SlideContents) => void;
}

/** Opens a slide as {@linkcode openSlide} does, and reports the contents of its file. */
export async function openSlideTelling(
  source: SlideFiles,
  options: TellingOptions = {},
): Promise<OpenedSlide> {
  const { cacheBytes, threads, signal } = options;
  if (cacheBytes !== undefined && !(cacheBytes >= 0)) {
    throw cannot(
      "open a slide",
      "cacheBytes must not be negative",
      { received: cacheBytes, kind: RangeError },
    );
  }
  const mpp = toMpp(options.mpp);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 0)) {
    throw cannot(
      "open a slide",
      "threads must be an integer from 0",
      { received: threads, kind: RangeError },
    );
  }
  checkRemote(options.remote);
  checkChoices(options);
  signal?.throwIfAborted();
  const shown = describe(source);
  const fileName = lastPart(shown);
  const name = options.name ?? slideNameOf(shown);
  let bytes: SlideSource | undefined;
  try {
    bytes = await openSource(source, { ...options.remote, signal });
    return await raceSignal(
      openSlideFile(bytes, { ...options, name, fileName, mpp }),
      signal,
    );
  } catch (cause) {
    await bytes?.close();
    signal?.throwIfAborted();
    throw cannot(
      `open slide "${shown}"`,
      isMissing(cause) ? "it does not exist" : reasonOf(cause),
      { cause },
    );
  }
}

function toMpp(
  mpp: OpenSlideOptions["mpp"],
): { x: number; y: number } | undefined {
  if (mpp === undefined) return undefined;
  const { x, y } = typeof mpp === "number" ? { x: mpp, y: mpp } : mpp;
  if (x > 0 && y > 0 && x < 1e6 && y < 1e6) return { x, y };
  throw cannot(
    "open a slide",
    `mpp must be a positive number of micrometers, received ${x}×${y}`,
    { kind: RangeError },
  );
}

/** The name of a slide's file, without folders; that of a Blob without a name is "a Blob". And the slide's own. */
export function namesOf(
  source: SlideFiles,
): { readonly fileName: string; readonly name: string } {
  const shown = describe(source);
  return { fileName: lastPart(shown), name: slideNameOf(shown) };
}

function checkChoices({ page, sampleRange }: OpenSlideOptions): void {
  if (page !== undefined && !(Number.isInteger(page) && page >= 0)) {
    throw cannot(
      "open a slide",
      "page must be an integer from 0",
      { received: page, kind: RangeError },
    );
  }
  if (!sampleRange) return;
  const [min, max] = sampleRange;
  if (!(Number.isFinite(min) && Number.isFinite(max) && min < max)) {
    throw cannot(
      "open a slide",
      "sampleRange must be a smaller and a larger number",
      { received: sampleRange, kind: RangeError },
    );
  }
}

function checkRemote({ timeout, attempts, cacheBytes }: RemoteOptions = {}) {
  for (const [name, value] of Object.entries({ timeout, attempts })) {
    if (value === undefined || value >= 1) continue;
    throw cannot(
      "open a slide",
      `remote.${name} must be a number from 1`,
      { received: value, kind: RangeError },
    );
  }
  if (cacheBytes !== undefined && !(cacheBytes >= 0)) {
    throw cannot(
      "open a slide",
      "remote.cacheBytes must not be negative",
      { received: cacheBytes, kind: RangeError },
    );
  }
}

/** Names the source, and refuses unsupported ones. */
function describe(given: SlideFiles): string {
  const source = Array.isArray(given)
    ? mainPart(given)
    : given as SlideLocation;
  if (source instanceof Blob) {
    const { webkitRelativePath, name } = source as Partial<File>;
    return webkitRelativePath || (name === undefined ? "a Blob" : String(name));
  }
  if (isRemote(source)) {
    // Errors and logs must not show the keys in a query.
    if (!URL.canParse(String(source))) {
      throw cannot(`open slide "${source}"`, "it is not a URL", {
        kind: TypeError,
      });
    }
    const { origin, pathname } = new URL(source);
    return origin + decodeUrl(pathname);
  }
  if (isFileUrl(source)) return decodeUrl(new URL(source).pathname);
  // "C:/" is a path, not a scheme.
  if (typeof source === "string" && !/^[a-z][\w+.-]+:\/\//i.test(source)) {
    return source;
  }
  throw cannot(
    `open slide "${source}"`,
    "it must be a file, an http or https URL, or a Blob",
    { kind: TypeError },
  );
}
