import type { ByteSource } from "../../byte_source.ts";
import { damaged, unsupported } from "./refuse.ts";

/** Bytes of a segment before its data: its name, and two sizes. */
export const SEGMENT_BYTES = 32;

/** Where the parts of a file are; 0 for none. */
export interface CziHeader {
  readonly directory: number;
  readonly metadata: number;
  readonly attachments: number;
  /** Whether it was being changed when it was written last. */
  readonly isPending: boolean;
}

/**
 * Reads the header of a file.
 *
 * Source: ZEN's file format description (DS_ZISRAW-FileFormat), FileHeaderSegment.
 *
 * @throws {TypeError} If it is one of several files.
 * @throws {SyntaxError} If it is damaged, or was not finished.
 */
export async function readHeader(source: ByteSource): Promise<CziHeader> {
  const bytes = await readSegment(source, {
    ...{ position: 0, name: "ZISRAWFILE", least: 80, most: 80 },
    isPart: true,
  });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = view.getInt32(48, true);
  const isMain = [...bytes.subarray(16, 32)]
    .every((byte, i) => byte === bytes[32 + i]);
  if (part !== 0 || !isMain) throw unsupported("of several files");
  const [directory, metadata] = [52, 60]
    .map((at) => Number(view.getBigInt64(at, true)));
  const attachments = Number(view.getBigInt64(72, true));
  if (directory === 0) {
    throw damaged(
      "it has no directory: the recording was interrupted; repair it with ZEN",
    );
  }
  return {
    directory,
    metadata,
    attachments,
    isPending: view.getInt32(68, true) !== 0,
  };
}

/**
 * Reads the data of a segment.
 *
 * @param options.least The fewest bytes that it must have.
 * @param options.most The most that it may have.
 * @param options.isPart Whether to read only `most` bytes of longer ones. Default: false, they are refused.
 */
export async function readSegment(
  source: ByteSource,
  { position, name, least, most, isPart = false }: {
    readonly position: number;
    readonly name: string;
    readonly least: number;
    readonly most: number;
    readonly isPart?: boolean;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const start = position + SEGMENT_BYTES;
  if (!(position >= 0 && start + least <= source.size)) {
    throw damaged(
      `it is cut short: it has ${source.size} bytes, and its ${name} begins at ${position}`,
    );
  }
  const head = await source.read(position, SEGMENT_BYTES);
  checkName(head, name);
  const view = new DataView(head.buffer, head.byteOffset);
  const [allocated, used] = [16, 24]
    .map((at) => Number(view.getBigInt64(at, true)));
  const length = used > 0 ? used : allocated;
  const end = start + length;
  if (length < least || end > source.size) {
    throw damaged(
      `it is cut short: it has ${source.size} bytes, and its ${name} ends at ${end}`,
    );
  }
  if (length > most && !isPart) {
    throw damaged(`its ${name} has ${length} bytes, more than ${most}`);
  }
  return await source.read(start, Math.min(length, most));
}

/** Checks what a segment is. */
export function checkName(head: Uint8Array, name: string): void {
  const found = String.fromCharCode(...head.subarray(0, 16))
    .replace(/\0[^]*/, "");
  if (found === name) return;
  throw damaged(`a segment is ${JSON.stringify(found)} where ${name} must be`);
}

/** A part of a file, as a file. */
export function partOf(
  source: ByteSource,
  { offset, length }: { readonly offset: number; readonly length: number },
): ByteSource {
  return {
    size: length,
    read: (at, bytes) => source.read(offset + at, bytes),
    prefetch: (ranges) =>
      source.prefetch?.(
        ranges.map((range) => ({ ...range, offset: offset + range.offset })),
      ),
    close: () => Promise.resolve(),
  };
}
