import { cannot } from "../../../errors/cannot.ts";
import type { ByteSource } from "../../byte_source.ts";
import { Cursor } from "./cursor.ts";
import {
  type Attribute,
  type Dataset,
  PIXEL_DATA,
  TAGS,
  textOf,
} from "./dataset.ts";
import { ElementReader, type PixelPlace } from "./element_reader.ts";
import { FramePlaces } from "./frame_places.ts";
import { refuseSyntax, syntaxOf } from "./transfer_syntax.ts";

/** What a DICOM file says before its pixels. */
export interface DicomHeader {
  readonly dataset: Dataset;
  /** Where its frames lie, as far as they say so. */
  readonly places: FramePlaces;
  /** Where its pixels begin; `undefined` if it has none. */
  readonly pixels?: PixelPlace;
}

/** Bytes that tell whether a file is DICOM. */
export const HEAD_BYTES = 134;

/** Whether bytes are the beginning of a DICOM file, which some writers begin without the preamble. */
export function isDicom(head: Uint8Array): boolean {
  return hasPreamble(head) ||
    (head[0] === 2 && head[1] === 0 && head[3] === 0 &&
      /^U[LI]$/.test(String.fromCharCode(head[4], head[5])));
}

/** Whether 128 bytes for other programs come first, and then the mark and an attribute of group 2. */
function hasPreamble(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(128, 134)) === "DICM\x02\0";
}

/**
 * Reads the header of a DICOM file, up to its pixels.
 *
 * Source: DICOM PS3.5, section 7 and annex A; PS3.10, section 7.
 *
 * @param options.series The series that is looked for: that of another file is not read to its end.
 * @returns `undefined` if it is of another series.
 * @throws {TypeError} If it is written in another order of bytes, or deflated.
 * @throws {SyntaxError} If it is damaged.
 * @throws {RangeError} If it exceeds a limit.
 */
export async function readHeader(
  source: ByteSource,
  { series, signal }: {
    readonly series?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<DicomHeader | undefined> {
  const cursor = new Cursor(source);
  const length = Math.min(HEAD_BYTES, source.size);
  await cursor.fill(length);
  const head = cursor.take(length);
  if (!isDicom(head)) {
    throw cannot("read a DICOM header", "it is not a DICOM file", {
      kind: SyntaxError,
    });
  }
  cursor.at = hasPreamble(head) ? 132 : 0;
  const places = new FramePlaces();
  const found = new Map<number, Attribute>();
  const meta = new ElementReader(cursor, { explicit: true, signal });
  await meta.read(found, { end: cursor.size, isDone: (tag) => tag > 0x2ffff });
  const syntax = textOf(found, "TransferSyntaxUID");
  if (!syntax) {
    throw cannot(
      "read a DICOM header",
      "it has no transfer syntax, which says how it is written",
      { kind: SyntaxError },
    );
  }
  const { isImplicit = false, otherHeader } = syntaxOf(syntax);
  if (otherHeader) throw refuseSyntax(syntax);
  const reader = new ElementReader(cursor, {
    explicit: !isImplicit,
    places,
    signal,
  });
  let isOther = false;
  await reader.read(found, {
    end: cursor.size,
    isDone(tag) {
      const own = tag > TAGS.SeriesInstanceUID[0] && series !== undefined
        ? textOf(found, "SeriesInstanceUID")
        : series;
      isOther = own !== series;
      return isOther || tag === PIXEL_DATA;
    },
  });
  if (isOther) return undefined;
  return { dataset: found, places, pixels: await reader.readPixels() };
}
