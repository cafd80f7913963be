import { cannot } from "../../../errors/cannot.ts";
import type { ChunkCodec } from "../../codecs/chunk_format.ts";
import { isObject, type Json, numbersOf } from "./read_json.ts";

/** How the chunks of an array are encoded. */
export interface ChunkEncoding {
  /** In the order of decoding. */
  readonly codecs: readonly ChunkCodec[];
  readonly bigEndian: boolean;
  /** The axes from the slowest to the fastest. */
  readonly order: readonly number[];
  /** Chunks that lie together in a file. */
  readonly shard?: { readonly chunk: readonly number[] } & ShardIndex;
}

/** How the table of a shard's chunks is stored. */
export interface ShardIndex {
  readonly checksum: boolean;
  readonly atStart: boolean;
}

const CODECS: readonly string[] = ["blosc", "crc32c", "gzip", "zlib", "zstd"];

/** An array that cannot be read, and why. */
export function unsupported(what: string): Error {
  return cannot(
    "read a Zarr array",
    `${what}, which is not supported: rewrite it with another encoding, for example with zarr-python`,
    { kind: TypeError },
  );
}

/** An array that contradicts itself. */
export function damaged(what: string): Error {
  return cannot("read a Zarr array", what, { kind: SyntaxError });
}

/** Zarr 2: an order, filters, and one compressor. */
export function readEncoding2(
  { order, filters, compressor }: Json,
  { rank, bigEndian }: { readonly rank: number; readonly bigEndian: boolean },
): ChunkEncoding {
  if (order !== "C" && order !== "F") throw damaged("its order must be C or F");
  if (Array.isArray(filters) && filters.length > 0) {
    throw unsupported(`its chunks are filtered (${nameOf(filters[0], "id")})`);
  }
  const axes = [...Array(rank).keys()];
  return {
    codecs: compressor === null || compressor === undefined
      ? []
      : [codecOf(nameOf(compressor, "id"))],
    bigEndian,
    order: order === "C" ? axes : axes.reverse(),
  };
}

/** Zarr 3: a chain of codecs, from the array to its bytes. */
export function readEncoding3(
  codecs: unknown,
  { rank, isWide, isInner = false }: {
    readonly rank: number;
    /** Whether samples have more than a byte. */
    readonly isWide: boolean;
    /** Whether it is that of chunks within a shard. */
    readonly isInner?: boolean;
  },
): ChunkEncoding {
  const chain = chainOf(codecs);
  const [first] = chain;
  if (first?.name === "sharding_indexed") {
    if (isInner) throw unsupported("its shards have shards within");
    if (chain.length > 1) throw unsupported("its shards are compressed");
    return readShard(first.configuration, { rank, isWide });
  }
  const transposed = first?.name === "transpose";
  const order = transposed
    ? orderOf(first.configuration.order, rank)
    : [...Array(rank).keys()];
  const [bytes, ...packing] = chain.slice(transposed ? 1 : 0);
  if (bytes?.name !== "bytes") {
    throw unsupported(
      bytes ? `its codec is ${bytes.name}` : "it has no codec for its bytes",
    );
  }
  const { endian } = bytes.configuration;
  if (isWide && endian !== "little" && endian !== "big") {
    throw damaged("its codecs do not say the order of bytes (endian)");
  }
  return {
    codecs: packing.map(({ name }) => codecOf(name)).reverse(),
    bigEndian: endian === "big",
    order,
  };
}

function readShard(
  { chunk_shape, codecs, index_codecs, index_location = "end" }: Json,
  options: { readonly rank: number; readonly isWide: boolean },
): ChunkEncoding {
  const chunk = numbersOf(chunk_shape);
  if (!chunk) throw damaged("its shards do not say the shape of their chunks");
  const index = chainOf(index_codecs);
  const names = index.map(({ name }) => name).join();
  const isKnown = (names === "bytes" || names === "bytes,crc32c") &&
    index[0].configuration.endian === "little";
  if (!isKnown) throw unsupported(`its shards' index is encoded by "${names}"`);
  if (index_location !== "end" && index_location !== "start") {
    throw damaged("its shards' index must be at the start or the end");
  }
  return {
    ...readEncoding3(codecs, { ...options, isInner: true }),
    shard: {
      chunk,
      checksum: index.length > 1,
      atStart: index_location === "start",
    },
  };
}

/** The codecs of a chain; those without a configuration may be bare names. */
function chainOf(codecs: unknown): { name: string; configuration: Json }[] {
  if (!Array.isArray(codecs)) throw damaged("it has no list of codecs");
  return codecs.map((codec) => ({
    name: nameOf(codec, "name"),
    configuration: isObject(codec) && isObject(codec.configuration)
      ? codec.configuration
      : {},
  }));
}

function nameOf(codec: unknown, key: string): string {
  const name = isObject(codec) ? codec[key] : codec;
  if (typeof name !== "string") throw damaged("one of its codecs has no name");
  return name.slice(0, 40).replace(/^numcodecs\./, "");
}

function codecOf(name: string): ChunkCodec {
  if (!CODECS.includes(name)) throw unsupported(`its codec is ${name}`);
  return name as ChunkCodec;
}

/** The axes in the order of their bytes, the slowest first. */
function orderOf(order: unknown, rank: number): number[] {
  const axes = [...Array(rank).keys()];
  if (order === "C") return axes;
  if (order === "F") return axes.reverse();
  const said = numbersOf(order) ?? [];
  const isWhole = said.length === rank &&
    axes.every((axis) => said.includes(axis));
  if (!isWhole) throw damaged("its transpose is no permutation of its axes");
  return said;
}
