// OME-Zarr stores for tests, written by hand: keys and their bytes.
import Blosc from "numcodecs/blosc";
import Zstd from "numcodecs/zstd";
import { product } from "../../src/io/product.ts";
import { crc32c } from "../../src/slide/codecs/crc32c.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A store: paths below its folder, and what is there. */
export type Store = Map<string, Bytes>;

/** How an array is encoded; `blosc:zstd:2` is Blosc with zstd and the second shuffle. */
export interface ArraySpec {
  /** Default: 3. */
  readonly version?: 2 | 3;
  /** Default: `cyx`. */
  readonly axes?: string;
  /** Pixels of a chunk along each axis that is not 1. Default: 16 by 16. */
  readonly chunk?: Readonly<Record<string, number>>;
  /** Pixels of a shard, likewise. Default: none. */
  readonly shard?: Readonly<Record<string, number>>;
  /** In the order of encoding, after the bytes. Default: none. */
  readonly codecs?: readonly string[];
  /** Default: `/`. */
  readonly separator?: string;
  readonly bits?: 8 | 16;
  readonly bigEndian?: boolean;
  /** The axes as they are stored, the slowest first. Default: as they are. */
  readonly order?: readonly number[];
  /** Default: 0. */
  readonly fill?: number;
  /** Whether an index of a shard is at the start. Default: false. */
  readonly atStart?: boolean;
  /** Whether a chunk is left out. Default: none is. */
  readonly absent?: (index: readonly number[]) => boolean;
  /** Changes the document before it is written. */
  readonly document?: Readonly<Record<string, unknown>>;
}

/** The samples of a picture: RGB, interleaved. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: ArrayLike<number>;
}

const text = (json: unknown): Bytes =>
  new TextEncoder().encode(JSON.stringify(json));

/** Writes an array; samples beyond the picture are the fill value. */
export async function addArray(
  store: Store,
  path: string,
  { width, height, pixels, ...spec }: Picture & ArraySpec,
): Promise<void> {
  const {
    version = 3,
    axes = "cyx",
    separator = "/",
    bits = 8,
    bigEndian = false,
    fill = 0,
    codecs = [],
    absent = () => false,
  } = spec;
  const sizes: Record<string, number> = { x: width, y: height, c: 3 };
  const at = (sides: Readonly<Record<string, number>>) =>
    [...axes].map((axis) => sides[axis] ?? 1);
  const shape = at(sizes);
  const chunk = at({ x: 16, y: 16, ...spec.chunk });
  const order = spec.order ?? shape.map((_, i) => i);
  const sample = (index: readonly number[]): number => {
    if (index.some((value, i) => value >= shape[i])) return fill;
    const [x, y, c] = ["x", "y", "c"].map((axis) => index[axes.indexOf(axis)]);
    return pixels[(y * width + x) * 3 + c];
  };
  const encode = async (first: readonly number[]): Promise<Bytes> => {
    const bytes = new Uint8Array(product(chunk) * bits / 8);
    const view = new DataView(bytes.buffer);
    let i = 0;
    for (const inner of indices(order.map((axis) => chunk[axis]))) {
      const index: number[] = [];
      order.forEach((axis, j) => index[axis] = first[axis] + inner[j]);
      if (bits === 8) bytes[i++] = sample(index);
      else view.setUint16(2 * i++, sample(index), !bigEndian);
    }
    return await codecs.reduce<Promise<Bytes>>(
      async (data, codec) => await pack(await data, codec),
      Promise.resolve(bytes),
    );
  };
  const shard = spec.shard && at({ ...spec.shard });
  const file = shard ?? chunk;
  store.set(
    `${path}/${version === 2 ? ".zarray" : "zarr.json"}`,
    text({
      ...version === 2
        ? document2({ shape, chunk, file, order }, spec)
        : document3({ shape, chunk, file, order }, { ...spec, axes }),
      ...spec.document,
    }),
  );
  for (
    const index of indices(shape.map((size, i) => Math.ceil(size / file[i])))
  ) {
    if (absent(index)) continue;
    const key = [...version === 2 ? [] : ["c"], ...index].join(separator);
    const first = index.map((value, i) => value * file[i]);
    store.set(
      `${path}/${key}`,
      shard
        ? await packShard({
          counts: shard.map((size, i) => size / chunk[i]),
          atStart: spec.atStart ?? false,
          encode: (inner) =>
            absent([...index, ...inner])
              ? undefined
              : encode(first.map((value, i) => value + inner[i] * chunk[i])),
        })
        : await encode(first),
    );
  }
}

interface Shapes {
  readonly shape: readonly number[];
  readonly chunk: readonly number[];
  readonly file: readonly number[];
  readonly order: readonly number[];
}

function document2({ shape, chunk, order }: Shapes, spec: ArraySpec): object {
  const { bits = 8, bigEndian, codecs = [], separator, fill = 0 } = spec;
  const [id, cname, shuffle] = codecs[0]?.split(":") ?? [];
  return {
    zarr_format: 2,
    shape,
    chunks: chunk,
    dtype: bits === 8 ? "|u1" : bigEndian ? ">u2" : "<u2",
    compressor: id
      ? { id, level: 1, ...cname && { cname, shuffle: Number(shuffle) } }
      : null,
    fill_value: fill,
    order: order[0] > 0 ? "F" : "C",
    filters: null,
    dimension_separator: separator ?? "/",
  };
}

function document3(
  { shape, chunk, file, order }: Shapes,
  spec: ArraySpec & { readonly axes: string },
): object {
  const { bits = 8, bigEndian, codecs = [], separator = "/", fill = 0 } = spec;
  const bytes = (endian: string) => ({
    name: "bytes",
    configuration: { endian },
  });
  const chain = [
    ...spec.order ? [{ name: "transpose", configuration: { order } }] : [],
    bytes(bigEndian ? "big" : "little"),
    ...codecs.map((codec) => {
      const [name, cname, shuffle] = codec.split(":");
      const configuration = cname
        ? {
          cname,
          clevel: 5,
          shuffle: SHUFFLES[Number(shuffle)],
          typesize: bits / 8,
          blocksize: 0,
        }
        : name === "crc32c"
        ? {}
        : { level: 1, checksum: false };
      return { name, configuration };
    }),
  ];
  return {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: `uint${bits}`,
    fill_value: fill,
    chunk_grid: { name: "regular", configuration: { chunk_shape: file } },
    chunk_key_encoding: { name: "default", configuration: { separator } },
    codecs: spec.shard
      ? [{
        name: "sharding_indexed",
        configuration: {
          chunk_shape: chunk,
          codecs: chain,
          index_codecs: [bytes("little"), { name: "crc32c" }],
          index_location: spec.atStart ? "start" : "end",
        },
      }]
      : chain,
    dimension_names: [...spec.axes],
    attributes: {},
  };
}

const SHUFFLES = ["noshuffle", "shuffle", "bitshuffle"];

async function pack(data: Bytes, codec: string): Promise<Bytes> {
  const [name, cname, shuffle] = codec.split(":");
  switch (name) {
    case "blosc":
      return copy(
        await Blosc.fromConfig({
          id: "blosc",
          clevel: 5,
          cname,
          shuffle: Number(shuffle),
          blocksize: 0,
        }).encode(data),
      );
    case "zstd":
      return copy(await Zstd.fromConfig({ id: "zstd", level: 1 }).encode(data));
    case "crc32c": {
      const out = new Uint8Array(data.length + 4);
      out.set(data);
      new DataView(out.buffer).setUint32(data.length, crc32c(data), true);
      return out;
    }
    default: {
      const stream = new Blob([data]).stream().pipeThrough(
        new CompressionStream(name === "gzip" ? "gzip" : "deflate"),
      );
      return await new Response(stream).bytes();
    }
  }
}

const copy = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes);

async function packShard(
  { counts, atStart, encode }: {
    readonly counts: readonly number[];
    readonly atStart: boolean;
    readonly encode: (index: readonly number[]) => Promise<Bytes> | undefined;
  },
): Promise<Bytes> {
  const table = new Uint8Array(product(counts) * 16 + 4);
  const view = new DataView(table.buffer);
  const parts: Bytes[] = [];
  let offset = atStart ? table.length : 0;
  let at = 0;
  for (const index of indices(counts)) {
    const chunk = await encode(index);
    const absent = 2n ** 64n - 1n;
    view.setBigUint64(at, chunk ? BigInt(offset) : absent, true);
    view.setBigUint64(at + 8, chunk ? BigInt(chunk.length) : absent, true);
    at += 16;
    offset += chunk?.length ?? 0;
    if (chunk) parts.push(chunk);
  }
  view.setUint32(at, crc32c(table.subarray(0, at)), true);
  const whole = new Blob(atStart ? [table, ...parts] : [...parts, table]);
  return await whole.bytes();
}

/** All indices below sizes, the last axis the fastest. */
function* indices(sizes: readonly number[]): Generator<number[]> {
  const count = product(sizes);
  for (let i = 0; i < count; i++) {
    let rest = i;
    yield sizes.map((_, axis) => {
      const step = product(sizes.slice(axis + 1));
      const value = Math.floor(rest / step);
      rest -= value * step;
      return value;
    });
  }
}

/** What a group says about its image, to be changed by tests. */
export interface ImageSpec {
  readonly version?: 2 | 3;
  readonly axes?: string;
  readonly unit?: string;
  /** Units per pixel of the finest level, along x and y. Default: 0.25. */
  readonly scale?: number;
  /** The downsamples of the levels `0`, `1` and so on. Default: 1. */
  readonly factors?: readonly number[];
  /** Changes the multiscale. */
  readonly multiscale?: Readonly<Record<string, unknown>>;
  /** Changes the attributes. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Writes the attributes of an image's group. */
export function addGroup(
  store: Store,
  path: string,
  { version = 3, axes = "cyx", unit = "micrometer", ...spec }: ImageSpec,
): void {
  const { scale = 0.25, factors = [1] } = spec;
  const multiscale = {
    ...version === 2 && { version: "0.4" },
    axes: [...axes].map((name) =>
      "xyz".includes(name)
        ? { name, type: "space", unit }
        : { name, type: name === "c" ? "channel" : "time" }
    ),
    datasets: factors.map((factor, i) => ({
      path: `${i}`,
      coordinateTransformations: [{
        type: "scale",
        scale: [...axes].map((axis) =>
          "xy".includes(axis) ? scale * factor : 1
        ),
      }],
    })),
    ...spec.multiscale,
  };
  const ome = {
    ...version === 3 && { version: "0.5" },
    multiscales: [multiscale],
    omero: {
      channels: ["FF0000", "00FF00", "0000FF"].map((color) => ({
        color,
        window: { start: 0, end: 65535 },
      })),
    },
    ...spec.attributes,
  };
  addAttributes(store, path, version, ome);
}

/** Writes the attributes of a group, as they are. */
export function addAttributes(
  store: Store,
  path: string,
  version: 2 | 3,
  ome: object,
): void {
  const at = (name: string) => path === "" ? name : `${path}/${name}`;
  if (version === 2) {
    store.set(at(".zattrs"), text(ome));
    store.set(at(".zgroup"), text({ zarr_format: 2 }));
  } else {
    const group = { zarr_format: 3, node_type: "group", attributes: { ome } };
    store.set(at("zarr.json"), text(group));
  }
}

/** A store of one level. */
export async function makeZarr(
  { picture, array, image }: {
    readonly picture: Picture;
    readonly array?: ArraySpec;
    readonly image?: ImageSpec;
  },
): Promise<Store> {
  const store: Store = new Map();
  const { version, axes } = array ?? {};
  addGroup(store, "", { version, axes, ...image });
  await addArray(store, "0", { ...picture, ...array });
  return store;
}

/** The files of a store, as a folder that was dropped in a browser. */
export function filesOf(store: Store, name = "slide.zarr"): File[] {
  return [...store].map(([path, bytes]) =>
    Object.defineProperty(
      new File([bytes], path.split("/").at(-1)!),
      "webkitRelativePath",
      { value: `${name}/${path}` },
    )
  );
}

/** Writes the files of a store to a folder. */
export async function writeStore(store: Store, folder: string): Promise<void> {
  for (const [path, bytes] of store) {
    const file = `${folder}/${path}`;
    await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(file, bytes);
  }
}
