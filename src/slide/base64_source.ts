import { cannot } from "../errors/cannot.ts";
import { type ByteSource, checkRange } from "./byte_source.ts";

/**
 * Bytes within a text in base64, as XML contains pictures; decoded as far as they are read.
 *
 * Source: RFC 4648, section 4.
 *
 * @throws {SyntaxError} If it is not base64.
 */
export function base64Source(text: string): ByteSource {
  const plain = text.replace(/\s+/g, "").replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) {
    throw cannot("read embedded bytes", "they are not base64", {
      kind: SyntaxError,
    });
  }
  const size = Math.floor(plain.length * 3 / 4);
  return {
    size,
    read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
      checkRange(offset, length, size);
      // Four characters are three bytes.
      const first = Math.floor(offset / 3);
      const end = Math.ceil((offset + length) / 3);
      const decoded = atob(plain.slice(first * 4, end * 4));
      const start = offset - first * 3;
      return Promise.resolve(
        Uint8Array.from({ length }, (_, i) => decoded.charCodeAt(start + i)),
      );
    },
    close: () => Promise.resolve(),
  };
}
