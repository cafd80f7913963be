import { cannot, reasonOf } from "../../errors/cannot.ts";
import { type BlockJob, JPEG_XR_BLOCK } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { swapRedBlue } from "./czi.ts";
import { expandBits } from "./expand_bits.ts";

/** JPEG XR, as whole files. */
export const JPEG_XR: PictureCodec = {
  ids: [JPEG_XR_BLOCK],
  name: "JPEG XR",
  depths: [8, 16],
  decode: decodeJpegXr,
  checkHead(head, job) {
    const header = readJpegXrHeader(head);
    if (header) checkHeader(header, job);
    return header !== undefined;
  },
  isLossy: () => true, // or not: its header does not say
};

/** The part of jxrlib's WebAssembly build that is used. */
interface JxrLib {
  decode(data: Uint8Array): { readonly bytes: Uint8Array<ArrayBuffer> };
}

let library: Promise<JxrLib> | undefined;

/**
 * Decodes a JPEG XR file to `width * height * samples` bytes: RGB or gray.
 *
 * Source: ITU-T T.832.
 *
 * @throws {SyntaxError} If it is damaged, or differs from what the page says.
 */
export async function decodeJpegXr(
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
): Promise<Uint8Array> {
  const header = readJpegXrHeader(data);
  // Of data that are cut short, jxrlib would make up the rest.
  if (!header || header.end > data.length) throw damaged();
  checkHeader(header, job);
  library ??= loadJxrLib();
  const { decode } = await library.catch((cause) => {
    library = undefined;
    throw cannot(
      "decode a block",
      `the JPEG XR decoder cannot be loaded: ${reasonOf(cause)}`,
      { kind: Error, cause },
    );
  });
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = decode(data).bytes;
  } catch (cause) {
    library = undefined; // After an error, its state is unknown.
    throw damaged(cause);
  }
  const { width, height, format: { bits, samples, range, mask, sample } } = job;
  if (bytes.length !== width * height * samples * bits / 8) throw damaged();
  if (samples === 3) swapRedBlue(bytes);
  return bits === 8 && !range ? bytes : expandBits(bytes, {
    ...{ bits, float: false, range, isIndex: false, mask },
    values: sample !== undefined,
    width: width * samples,
    height,
  });
}

async function loadJxrLib(): Promise<JxrLib> {
  const { default: load } = await import("./wasm/jxrlib.js");
  const quiet = (): void => {};
  return await load({ print: quiet, printErr: quiet });
}

/** What the headers of a JPEG XR file say of its pixels. */
export interface JpegXrHeader {
  readonly width: number;
  readonly height: number;
  /** The last byte of the pixel format's GUID. */
  readonly pixelFormat: number;
  /** The color format and depth that its codestream is decoded to. */
  readonly output: number;
  /** Where its codestream ends, as the directory says. */
  readonly end: number;
}

/** The pixel formats that are read, and the colors and depths of their codestreams: gray or RGB, 8 or 16 bits. */
const FORMATS = {
  8: { samples: 1, bits: 8, output: 0x01, name: "8-bit gray" },
  11: { samples: 1, bits: 16, output: 0x02, name: "16-bit gray" },
  12: { samples: 3, bits: 8, output: 0x71, name: "24-bit BGR" },
} as const;

/** All pixel formats share the bytes of their GUID before the last. */
const GUID = "24c3dd6f034efe4bb1853d77768dc9";

/** Tags of the file's directory. */
const [PIXEL_FORMAT, IMAGE_OFFSET, IMAGE_BYTES] = [0xbc01, 0xbcc0, 0xbcc1];

/**
 * Reads the directory of the file and the header of its codestream.
 *
 * Source: ITU-T T.832, 8.3 and annex A.
 *
 * @returns `undefined` if more bytes are needed.
 * @throws {SyntaxError} If it is not a JPEG XR file.
 */
export function readJpegXrHeader(data: Uint8Array): JpegXrHeader | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 8) return undefined;
  if (view.getUint32(0) >>> 8 !== 0x4949bc) throw damaged();
  const directory = view.getUint32(4, true);
  if (directory + 2 > data.length) return undefined;
  const count = view.getUint16(directory, true);
  if (directory + 2 + count * 12 > data.length) return undefined;
  const values = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + i * 12;
    values.set(view.getUint16(at, true), view.getUint32(at + 8, true));
  }
  const guid = values.get(PIXEL_FORMAT);
  const image = values.get(IMAGE_OFFSET);
  if (guid === undefined || image === undefined) throw damaged();
  if (Math.max(guid + 16, image + 20) > data.length) return undefined;
  if (data.subarray(guid, guid + 15).toHex() !== GUID) throw damaged();
  const stream = new TextDecoder().decode(data.subarray(image, image + 8));
  // A stream that is turned by its decoder would not fill the block.
  const isTurned = (data[image + 9] >> 3 & 7) !== 0;
  if (stream !== "WMPHOTO\0" || isTurned) throw damaged();
  const isShort = (data[image + 10] & 0x80) !== 0;
  const side = (i: number): number =>
    1 +
    (isShort
      ? view.getUint16(image + 12 + 2 * i)
      : view.getUint32(image + 12 + 4 * i));
  return {
    width: side(0),
    height: side(1),
    pixelFormat: data[guid + 15],
    output: data[image + 11],
    end: image + (values.get(IMAGE_BYTES) ?? 0),
  };
}

/** The headers determine how much is allocated, so they are compared with the page first. */
function checkHeader(
  { width, height, pixelFormat, output }: JpegXrHeader,
  job: Omit<BlockJob, "parts">,
): void {
  const { samples, bits } = job.format;
  const format = Object.hasOwn(FORMATS, pixelFormat)
    ? FORMATS[pixelFormat as keyof typeof FORMATS]
    : undefined;
  const fits = width === job.width && height === job.height &&
    format?.samples === samples && format.bits === bits &&
    format.output === output;
  if (fits) return;
  throw cannot(
    "decode a block",
    `its JPEG XR data are ${width}×${height} px of ${
      format?.name ?? `pixel format ${pixelFormat}`
    }, but the page says ${job.width}×${job.height}, ${samples} of ${bits} bits`,
    { kind: SyntaxError },
  );
}

function damaged(cause?: unknown): Error {
  return cannot("decode a block", "its JPEG XR data are damaged", {
    kind: SyntaxError,
    cause,
  });
}
