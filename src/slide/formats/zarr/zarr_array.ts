import {
  MAX_BLOCK_BYTES,
  MAX_SHARD_CHUNKS,
  MAX_ZARR_AXES,
} from "../../../io/limits.ts";
import { product } from "../../../io/product.ts";
import type { Folder } from "../../folder.ts";
import {
  below,
  isObject,
  type Json,
  numbersOf,
  readJson,
} from "./read_json.ts";
import {
  type ChunkEncoding,
  damaged,
  readEncoding2,
  readEncoding3,
  unsupported,
} from "./zarr_codecs.ts";

/** An array of a Zarr store: its metadata. */
export interface ZarrArray extends ChunkEncoding {
  /** Its folder below the store's. */
  readonly path: string;
  readonly shape: readonly number[];
  /** The shape of what is decoded at a time. */
  readonly chunk: readonly number[];
  /** The shape of what a file holds: a chunk, or a shard. */
  readonly file: readonly number[];
  readonly bits: 8 | 16;
  /** The sample that stands for chunks that are absent. */
  readonly fill: number;
  /** The names of its axes, as far as the array gives them. */
  readonly names: readonly (string | null)[];
  /** The path of a chunk's file below the store's folder. */
  fileOf(index: readonly number[]): string;
}

/**
 * Reads the metadata of an array, and checks that its chunks can be decoded.
 *
 * Source: Zarr storage specification 2; Zarr core specification 3.0, with sharding_indexed 1.0.
 *
 * @throws {TypeError} If its encoding is not supported.
 * @throws {SyntaxError} If it does not exist, or is damaged.
 */
export async function readArray(
  folder: Folder,
  path: string,
  { version, signal }: {
    readonly version: 2 | 3;
    readonly signal?: AbortSignal;
  },
): Promise<ZarrArray> {
  const name = below(path, version === 2 ? ".zarray" : "zarr.json");
  const json = await readJson(folder, name, signal);
  if (!json) throw damaged(`its "${name}" does not exist`);
  if (json.zarr_format !== version) {
    throw damaged(`its "${name}" is not of Zarr ${version}`);
  }
  const array = version === 2 ? read2(json, path) : read3(json, path);
  checkShapes(array);
  return array;
}

function read2(json: Json, path: string): ZarrArray {
  const { shape, dtype, chunks, dimension_separator = "." } = json;
  const type = String(dtype);
  const bits = /^[|<>]u1$/.test(type) ? 8 : /^[<>]u2$/.test(type) ? 16 : 0;
  if (bits === 0) throw unsupported(`its samples are of type ${show(dtype)}`);
  const sizes = sizesOf(shape, "shape");
  const chunk = sizesOf(chunks, "chunks");
  const separator = separatorOf(dimension_separator);
  return {
    path,
    shape: sizes,
    chunk,
    file: chunk,
    bits,
    fill: fillOf(json.fill_value, bits),
    names: [],
    ...readEncoding2(json, {
      rank: sizes.length,
      bigEndian: type.startsWith(">"),
    }),
    fileOf: (index) => below(path, index.join(separator)),
  };
}

/** What Zarr 3 has at the top; what else may be there says that it need not be understood. */
const KNOWN = [
  "attributes",
  "consolidated_metadata",
  "chunk_grid",
  "data_type",
];

function read3(json: Json, path: string): ZarrArray {
  if (json.node_type !== "array") {
    throw damaged(`"${path}" is a group, not an array`);
  }
  const other = Object.entries(json).find(([key, value]) =>
    isObject(value) && !KNOWN.includes(key) && key !== "chunk_key_encoding" &&
    value.must_understand !== false
  );
  if (other) {
    throw unsupported(`it has an extension "${other[0].slice(0, 40)}"`);
  }
  const { storage_transformers } = json;
  if (Array.isArray(storage_transformers) && storage_transformers.length > 0) {
    throw unsupported("it has a storage transformer");
  }
  const bits = json.data_type === "uint8"
    ? 8
    : json.data_type === "uint16"
    ? 16
    : undefined;
  if (!bits) {
    throw unsupported(`its samples are of type ${show(json.data_type)}`);
  }
  const grid = named(json.chunk_grid);
  if (grid.name !== "regular") {
    throw unsupported(`its chunk grid is ${show(grid.name)}`);
  }
  const shape = sizesOf(json.shape, "shape");
  const file = sizesOf(grid.configuration.chunk_shape, "chunk_shape");
  const { dimension_names } = json;
  const encoding = readEncoding3(json.codecs, {
    rank: shape.length,
    isWide: bits > 8,
  });
  return {
    path,
    shape,
    chunk: encoding.shard?.chunk ?? file,
    file,
    bits,
    fill: fillOf(json.fill_value, bits),
    names: Array.isArray(dimension_names) ? dimension_names : [],
    ...encoding,
    fileOf: keysOf(named(json.chunk_key_encoding), path),
  };
}

/** How the paths of chunks are made of their indices. */
function keysOf(
  { name, configuration }: { name: unknown; configuration: Json },
  path: string,
): ZarrArray["fileOf"] {
  if (name !== "default" && name !== "v2") {
    throw unsupported(`its chunk keys are encoded by ${show(name)}`);
  }
  const separator = separatorOf(
    configuration.separator ?? (name === "v2" ? "." : "/"),
  );
  return (index) =>
    below(
      path,
      (name === "v2" ? [...index] : ["c", ...index]).join(separator),
    );
}

/** A thing with a name, and perhaps a configuration. */
function named(value: unknown): { name: unknown; configuration: Json } {
  if (!isObject(value)) return { name: value, configuration: {} };
  const { name, configuration } = value;
  return { name, configuration: isObject(configuration) ? configuration : {} };
}

function separatorOf(separator: unknown): string {
  if (separator === "/" || separator === ".") return separator;
  throw damaged("the separator of its chunk keys must be / or .");
}

/** The value of absent chunks; 0 if none is given, as in zarr-python. */
function fillOf(value: unknown, bits: number): number {
  if (value === null || value === undefined) return 0;
  if (
    Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** bits
  ) {
    return Number(value);
  }
  throw damaged(`its fill value is no sample of ${bits} bits (${show(value)})`);
}

function sizesOf(value: unknown, what: string): number[] {
  const sizes = numbersOf(value);
  const isValid = sizes && sizes.length >= 2 &&
    sizes.length <= MAX_ZARR_AXES &&
    sizes.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (isValid) return sizes;
  throw damaged(
    `its ${what} must be 2 to ${MAX_ZARR_AXES} positive integers (${
      show(value)
    })`,
  );
}

function checkShapes({ shape, chunk, file, shard, bits }: ZarrArray): void {
  if (shape.length !== file.length || shape.length !== chunk.length) {
    throw damaged("its chunks have other axes than its shape");
  }
  const bytes = product(chunk) * bits / 8;
  if (!(bytes <= MAX_BLOCK_BYTES)) {
    throw damaged(
      `its chunks have ${bytes} bytes, more than ${MAX_BLOCK_BYTES}, and are decoded whole: rewrite it with smaller ones`,
    );
  }
  if (!shard) return;
  const counts = file.map((size, axis) => size / chunk[axis]);
  if (!counts.every(Number.isInteger)) {
    throw damaged("its shards are not made of whole chunks");
  }
  if (!(product(counts) <= MAX_SHARD_CHUNKS)) {
    throw damaged(
      `its shards have ${
        product(counts)
      } chunks, more than ${MAX_SHARD_CHUNKS}`,
    );
  }
}

/** Samples from one index to the next of each axis, by the axes from the slowest to the fastest. */
export function stepsOf(
  shape: readonly number[],
  order: readonly number[],
): number[] {
  const steps: number[] = [];
  let step = 1;
  for (const axis of order.toReversed()) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, 60);
}
