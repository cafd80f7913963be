import { cannot } from "../../errors/cannot.ts";
import { MAX_DEFLATE_RATIO } from "../../io/limits.ts";
import { freeArray } from "../../io/free_array.ts";
import type { ByteCodec } from "./codec.ts";

/** zlib's deflate: Adobe's number and the older one. */
export const DEFLATE: ByteCodec = {
  ids: [8, 32946],
  name: "deflate",
  hasPredictor: true,
  maxRatio: MAX_DEFLATE_RATIO,
  unpack: (data, { length }) => decodeDeflate(data, length),
};

/** Bytes inflated at a time, so that little is inflated beyond the requested length. */
const PIECE = 1 << 14;

/**
 * Inflates a zlib or gzip stream into at most `length` bytes; fewer if the data end early. The rest of a stream is never
 * inflated, so a small file cannot exhaust memory.
 *
 * Source: RFC 1950, RFC 1951, RFC 1952.
 *
 * @throws {SyntaxError} If the stream is damaged.
 */
export async function decodeDeflate(
  data: Uint8Array<ArrayBuffer>,
  length: number,
  format: "deflate" | "gzip" = "deflate",
): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let from = 0;
  // Not from a Blob, which copies the data and holds them until it is collected.
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (from >= data.length) return controller.close();
      controller.enqueue(data.subarray(from, from += PIECE));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new DecompressionStream(format))
    .getReader();
  let end = 0;
  try {
    while (end < length) {
      const { done, value } = await reader.read();
      if (done) break;
      out.set(value.subarray(0, length - end), end);
      end += value.length;
      freeArray(value);
    }
  } catch (cause) {
    throw cannot("decode a block", `its ${format} data are damaged`, {
      kind: SyntaxError,
      cause,
    });
  } finally {
    await reader.cancel().catch(() => {});
  }
  return end < length ? out.subarray(0, end) : out;
}
