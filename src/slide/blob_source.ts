import { type ByteSource, checkRange } from "./byte_source.ts";

/** Reads ranges of a `Blob` or `File`. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    version: "lastModified" in blob
      ? `${blob.size} ${blob.lastModified}`
      : undefined,
    async read(
      offset: number,
      length: number,
    ): Promise<Uint8Array<ArrayBuffer>> {
      checkRange(offset, length, blob.size);
      return new Uint8Array(
        await blob.slice(offset, offset + length).arrayBuffer(),
      );
    },
    close: () => Promise.resolve(),
  };
}
