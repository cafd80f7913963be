/** A compression or checksum of a chunk of a Zarr array. */
export type ChunkCodec = "blosc" | "crc32c" | "gzip" | "zlib" | "zstd";

/** How the chunks of a Zarr array are encoded: everything a decoder needs, in a form that can be posted to a worker. */
export interface ChunkFormat {
  /** What its bytes went through, in the order of decoding. */
  readonly codecs: readonly ChunkCodec[];
  /** Samples of a chunk, along all its axes. */
  readonly samples: number;
  readonly bigEndian: boolean;
  /** Channels of a chunk: further ones are in the next part. */
  readonly channels: number;
  /** Samples from a pixel to the next, to the next row, and to the next channel. */
  readonly steps: {
    readonly x: number;
    readonly y: number;
    readonly c: number;
  };
  /** The sample that stands for chunks that are absent. */
  readonly fill: number;
}
