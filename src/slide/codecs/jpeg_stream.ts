import { cannot } from "../../errors/cannot.ts";

/** The header of a JPEG frame. */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Whether the picture is refined scan by scan. */
  readonly isProgressive: boolean;
  /** Names of the components, as numbers. */
  readonly ids: readonly number[];
}

/** The segments of a JPEG stream that matter for decoding. */
export interface JpegStream {
  /** Tables, frame and scans, without start marker; the last runs on to the end of the data. */
  readonly parts: readonly Uint8Array[];
  readonly frame?: JpegFrame;
  /** Color transform of Adobe's segment: 0 none, 1 YCbCr, 2 YCCK. */
  readonly adobe?: number;
  /** Contents of the first EXIF segment, from its TIFF header on. */
  readonly exif?: Uint8Array;
}

/**
 * Splits a JPEG stream into segments without decoding it.
 *
 * Source: ITU-T T.81, annex B; Adobe technical note 5116 (the APP14 segment).
 *
 * @throws {SyntaxError} If it is not a baseline or progressive JPEG with 8 bits.
 */
export function readJpegStream(data: Uint8Array): JpegStream {
  const parts: Uint8Array[] = [];
  let frame: JpegFrame | undefined;
  let adobe: number | undefined;
  let exif: Uint8Array | undefined;
  if (data[0] !== 0xff || data[1] !== 0xd8) throw damaged();
  for (let at = 2; at + 4 <= data.length;) {
    const marker = data[at + 1];
    if (data[at] !== 0xff) throw damaged();
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    if (marker === 0xda) {
      parts.push(data.subarray(at));
      break;
    }
    const length = data[at + 2] << 8 | data[at + 3];
    if (length < 2) throw damaged();
    const segment = data.subarray(at, at + 2 + length);
    if (isFrame(marker) && segment.length >= FRAME_BYTES) {
      if (frame) throw damaged();
      frame = readFrame(segment);
    }
    if (marker === 0xee && startsWith(segment, "Adobe")) adobe = segment[15];
    if (marker === 0xe1 && startsWith(segment, "Exif\0\0")) {
      exif ??= segment.subarray(10);
    }
    const isApplication = marker >= 0xe0 && marker <= 0xef;
    if (!isApplication && marker !== 0xfe) parts.push(segment);
    at += 2 + length;
  }
  return { parts, frame, adobe, exif };
}

/** Number of scans in a stream; in coded data a marker's first byte is always followed by 0. */
export function countScans(data: Uint8Array): number {
  return countMarkers(data, (marker) => marker === 0xda);
}

/** Whether another frame follows the first scan: decoders differ in which one they take. */
export function hasSecondFrame({ parts }: JpegStream): boolean {
  return countMarkers(parts.at(-1) ?? new Uint8Array(), isFrame) > 0;
}

function countMarkers(
  data: Uint8Array,
  isOne: (marker: number) => boolean,
): number {
  let count = 0;
  for (let at = data.indexOf(0xff); at >= 0; at = data.indexOf(0xff, at + 1)) {
    if (isOne(data[at + 1])) count++;
  }
  return count;
}

/** Length of a frame's segment up to its components. */
const FRAME_BYTES = 10;

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf &&
    ![0xc4, 0xc8, 0xcc].includes(marker);
}

function readFrame(segment: Uint8Array): JpegFrame {
  const [, marker, , , bits, h1, h0, w1, w0, components] = segment;
  if (marker > 0xc2 || bits !== 8) {
    const kind = marker >= 0xc9
      ? "arithmetic-coded "
      : marker === 0xc3
      ? "lossless "
      : "";
    throw cannot(
      "decode a block",
      `its JPEG data must be 8-bit baseline or progressive, and they are ${kind}JPEG of ${bits} bits`,
      { kind: SyntaxError },
    );
  }
  const ids = Array.from(
    { length: components },
    (_, i) => segment[10 + 3 * i],
  );
  return {
    width: w1 << 8 | w0,
    height: h1 << 8 | h0,
    components,
    isProgressive: marker === 0xc2,
    ids,
  };
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) =>
    segment[4 + i] === letter.charCodeAt(0)
  );
}

function damaged(): Error {
  return cannot("decode a block", "its JPEG data are damaged", {
    kind: SyntaxError,
  });
}
