import type { BlockJob } from "./codecs/block_job.ts";
import { checkJpegFrame } from "./codecs/decode_jpeg.ts";
import {
  checkJpeg2000Size,
  readJpeg2000Size,
} from "./codecs/decode_jpeg2000.ts";
import { checkWebpSize } from "./codecs/decode_webp.ts";
import { readJpegStream } from "./codecs/jpeg_stream.ts";

/** Bytes that contain the header of a block: usually, and at most. */
export const HEAD_BYTES = [1 << 11, 1 << 16] as const;

/**
 * Compares the header of a block with its page, without decoding it, so that blocks that cannot be decoded are found
 * when a slide is opened.
 *
 * @returns whether the header was found; more bytes may hold it otherwise.
 * @throws {SyntaxError} If the two differ, or the variant is not supported.
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
