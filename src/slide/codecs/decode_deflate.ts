/**
 * Inflates a zlib stream into at most `length` bytes; fewer where the data end early. What a stream holds beyond
 * is never inflated, so a small file cannot fill the memory.
 *
 * Source: RFC 1950, RFC 1951.
 *
 * @throws {SyntaxError} If the stream is damaged.
 */
export async function decodeDeflate(
  data: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  const reader = new Blob([data]).stream()
    .pipeThrough(new DecompressionStream("deflate")).getReader();
  let end = 0;
  try {
    while (end < length) {
      const { done, value } = await reader.read();
      if (done) break;
      out.set(value.subarray(0, length - end), end);
      end += value.length;
    }
  } catch (cause) {
    throw new SyntaxError("its deflate data are damaged", { cause });
  } finally {
    await reader.cancel().catch(() => {});
  }
  return end < length ? out.subarray(0, end) : out;
}
