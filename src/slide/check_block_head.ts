import type { BlockJob } from "./codecs/block_job.ts";
import { checkJpegFrame } from "./codecs/decode_jpeg.ts";
import {
  checkJpeg2000Size,
  readJpeg2000Size,
} from "./codecs/decode_jpeg2000.ts";
import { checkWebpSize } from "./codecs/decode_webp.ts";
import { readJpegStream } from "./codecs/jpeg_stream.ts";

/** Bytes in which the header of a block ends, nearly always, and at most. */
export const HEAD_BYTES = [1 << 11, 1 << 16] as const;

/**
 * Holds the header of a block against its page, without decoding it: what cannot be decoded is better known when a slide
 * is opened than in the middle of a run.
 *
 * @returns whether the header was found; more bytes may hold it otherwise.
 * @throws {SyntaxError} If the two differ, or the block is of a kind that is not read.
 */
export function checkBlockHead(
  head: Uint8Array,
  job: Omit<BlockJob, "parts">,
): boolean {
  const { compression } = job.format;
  if (compression === 7) {
    const stream = readJpegStream(head);
    if (stream.frame) checkJpegFrame(stream, job);
    return stream.frame !== undefined;
  }
  if ([33003, 33004, 33005, 34712].includes(compression)) {
    checkJpeg2000Size(readJpeg2000Size(head), job);
  }
  if (compression === 50001) checkWebpSize(head, job);
  return true;
}
