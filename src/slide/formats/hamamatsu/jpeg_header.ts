import { cannot } from "../../../errors/cannot.ts";
import { MAX_JPEG_HEADER } from "../../../io/limits.ts";
import type { ByteRange, ByteSource } from "../../byte_source.ts";
import { readJpegStream } from "../../codecs/jpeg_stream.ts";

/** The longest side that a JPEG's header can say; longer ones are 0 there. */
export const MAX_JPEG_SIDE = 65535;

/** Bytes that contain the header usually. */
const USUAL_HEADER = 1 << 12;
/** Where a frame's segment has its height, its width and its first component. */
const HEIGHT_AT = 5;
const COMPONENTS_AT = 10;

/** What a JPEG says before its coded data begin. */
export interface JpegHeader {
  /** The header without application segments: frame, tables, restart interval, start of the scan. */
  readonly bytes: Uint8Array;
  /** Where the frame's segment begins in `bytes`. */
  readonly frameAt: number;
  /** Where the coded data begin in the JPEG. */
  readonly dataAt: number;
  /** Its sides; 0 where 16 bits cannot hold one. */
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Pixels of a unit of coded data, the MCU. */
  readonly unit: { readonly width: number; readonly height: number };
  /** Units between two restart markers; 0 if there are none. */
  readonly interval: number;
  /** Whether one scan holds the whole picture, unit by unit. */
  readonly isSequential: boolean;
}

/**
 * Reads the header of a JPEG that lies within a file.
 *
 * Source: ITU-T T.81, A.2 (units), B.2.
 *
 * @throws {SyntaxError} If it is damaged, or longer than {@linkcode MAX_JPEG_HEADER}.
 */
export async function readJpegHeader(
  source: ByteSource,
  { offset, length }: ByteRange,
): Promise<JpegHeader> {
  const most = Math.min(length, MAX_JPEG_HEADER);
  for (const size of [USUAL_HEADER, most]) {
    const head = await source.read(offset, Math.min(size, most));
    const header = parseJpegHeader(head);
    if (header) return header;
  }
  throw damaged(
    length > MAX_JPEG_HEADER
      ? `its header has more than ${MAX_JPEG_HEADER} bytes`
      : "its header is cut short",
  );
}

/** Parses the header at the start of `head`; `undefined` if it goes on beyond. */
function parseJpegHeader(head: Uint8Array): JpegHeader | undefined {
  const { parts, frame } = readJpegStream(head);
  const scan = parts.at(-1);
  if (scan?.[1] !== 0xda || scan.length < 5) return undefined;
  const scanBytes = 2 + (scan[2] << 8 | scan[3]);
  if (scanBytes > scan.length) return undefined;
  if (!frame) throw damaged("it has no frame");
  const segments = [...parts.slice(0, -1), scan.subarray(0, scanBytes)];
  // As readJpegStream() found one frame, no other segment has its marker.
  const isFrame = (segment: Uint8Array) =>
    segment[1] >= 0xc0 && segment[1] <= 0xc2;
  const frameIndex = segments.findIndex(isFrame);
  const restart = segments.findLast((segment) => segment[1] === 0xdd);
  return {
    bytes: concat([Uint8Array.of(0xff, 0xd8), ...segments]),
    frameAt: segments.slice(0, frameIndex)
      .reduce((sum, { length }) => sum + length, 2),
    dataAt: head.length - scan.length + scanBytes,
    width: frame.width,
    height: frame.height,
    components: frame.components,
    unit: unitOf(segments[frameIndex], frame.components),
    interval: restart ? restart[4] << 8 | restart[5] : 0,
    isSequential: !frame.isProgressive && scan[4] === frame.components,
  };
}

/** The pixels of a unit: 8 for each sample of the component that has most; of a single component, always 8. */
function unitOf(
  segment: Uint8Array,
  components: number,
): JpegHeader["unit"] {
  if (segment.length < COMPONENTS_AT + 3 * components || components < 1) {
    throw damaged("its frame is cut short");
  }
  const factors = Array.from(
    { length: components },
    (_, i) => segment[COMPONENTS_AT + 3 * i + 1],
  );
  const across = factors.map((factor) => factor >> 4);
  const down = factors.map((factor) => factor & 15);
  if ([...across, ...down].some((factor) => factor < 1 || factor > 4)) {
    throw damaged("its sampling factors are not 1 to 4");
  }
  if (components === 1) return { width: 8, height: 8 };
  return { width: 8 * Math.max(...across), height: 8 * Math.max(...down) };
}

/** The header of a JPEG of another size with the same tables. */
export function resizedHeader(
  { bytes, frameAt }: JpegHeader,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  const header = bytes.slice();
  const view = new DataView(header.buffer);
  view.setUint16(frameAt + HEIGHT_AT, height);
  view.setUint16(frameAt + HEIGHT_AT + 2, width);
  return header;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

function damaged(why: string): Error {
  return cannot("read a JPEG", `its JPEG data are damaged: ${why}`, {
    kind: SyntaxError,
  });
}
