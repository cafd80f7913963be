// OME-Zarr: a store of which one file is replaced. The first line of an input names the file.
import {
  addArray,
  addAttributes,
  addGroup,
  type ArraySpec,
  filesOf,
  type Store,
} from "../../helpers/make_zarr.ts";
import { noise } from "../../helpers/noise.ts";
import { damageBytes } from "../mutate/bytes.ts";
import { mutateJson } from "../mutate/json.ts";
import { attackTexts, mutateText, toBytes } from "../mutate/text.ts";
import type { Bytes, Mutate, Reader } from "../reader.ts";
import { openOrShow } from "./slides.ts";

/** The stores: of bioformats2raw in either version, one array each. */
const ARRAYS: readonly ArraySpec[] = [
  { version: 2, codecs: ["blosc:lz4:1"], axes: "tczyx" },
  { version: 2, codecs: ["blosc:zstd:2"], bits: 16 },
  { version: 2, codecs: ["zlib"], separator: "." },
  { codecs: ["zstd"], chunk: { c: 3 } },
  { codecs: ["gzip", "crc32c"], bits: 16, bigEndian: true },
  { shard: { x: 32, y: 32, c: 3 }, codecs: ["gzip"], order: [2, 0, 1] },
];

const XML = toBytes(
  '<OME><Image Name="scan"/><Image Name="label"/><Image Name="b"/></OME>',
);

async function storeOf(array: ArraySpec): Promise<Store> {
  const { version = 3, axes } = array;
  const store: Store = new Map();
  addAttributes(store, "", version, { "bioformats2raw.layout": 3 });
  store.set("OME/METADATA.ome.xml", XML);
  addGroup(store, "0", { version, axes, factors: [1, 2] });
  for (const [level, side] of [40, 20].entries()) {
    const picture = { width: side, height: side, pixels: noise(side, side) };
    await addArray(store, `0/${level}`, { ...picture, ...array });
  }
  return store;
}

let stores: Promise<Store[]> | undefined;

function allStores(): Promise<Store[]> {
  stores ??= Promise.all(ARRAYS.map(storeOf));
  return stores;
}

/** An input: the number of a store and a path in it, then what is there. */
function inputOf(store: number, path: string, bytes: Uint8Array): Bytes {
  const line = toBytes(`${store} ${path}\n`);
  const out = new Uint8Array(line.length + bytes.length);
  out.set(line);
  out.set(bytes, line.length);
  return out;
}

function split(input: Bytes): { line: Bytes; bytes: Bytes } {
  const end = input.indexOf(10) + 1;
  return { line: input.slice(0, end), bytes: input.slice(end) };
}

/** Mutates what is in the file, not its name. */
function inside(mutate: Mutate): Mutate {
  return (input, dice) => {
    const { line, bytes } = split(input);
    const changed = mutate(bytes, dice);
    const out = new Uint8Array(line.length + changed.length);
    out.set(line);
    out.set(changed, line.length);
    return out;
  };
}

async function read(input: Bytes): Promise<void> {
  const { line, bytes } = split(input);
  const [number, path] = new TextDecoder().decode(line).trim().split(" ");
  const all = await allStores();
  const store = new Map(all[Number(number) % all.length] ?? all[0]);
  store.set(path || "0/.zattrs", bytes);
  await using slide = await openOrShow(filesOf(store));
  for (const [level, { width, height }] of slide.levels.entries()) {
    for (const at of [0, 1]) {
      const sides = [width, height].map((side) => Math.min(side, 64));
      await slide.readRegion({
        x: at * (width - sides[0]),
        y: at * (height - sides[1]),
        width: sides[0],
        height: sides[1],
      }, { level });
    }
  }
}

const isDocument = (path: string) => /zarr\.json|\.z\w+$|\.xml$/.test(path);

async function corpus(documents: boolean): Promise<Bytes[]> {
  return (await allStores()).flatMap((store, number) =>
    [...store].filter(([path]) => isDocument(path) === documents)
      .map(([path, bytes]) => inputOf(number, path, bytes))
  );
}

const WORDS = [
  ...['"shape":', '"chunks":', '"codecs":', '"name":', '"configuration":'],
  ...['"sharding_indexed"', '"chunk_shape":', '"transpose"', '"bytes"'],
  ...['"blosc"', '"gzip"', '"crc32c"', "[1,1,1]", "[3,16777216,16777216]"],
  ...['"multiscales":', '"axes":', '"datasets":', '"path":', '"scale"'],
  ...['"<u2"', '"F"', '"../x"', '"0"', "{", "}", "[", "]", ",", ":"],
];

export const ZARR_READERS: readonly Reader[] = [
  {
    name: "zarr",
    corpus: () => corpus(true),
    attacks: () =>
      [".zattrs", "0/.zattrs", "0/0/.zarray", "0/0/zarr.json", "0/zarr.json"]
        .flatMap((path) =>
          attackTexts(WORDS, { start: '{"multiscales":[' }).map((text, i) =>
            inputOf(i % 2 === 0 ? 0 : 3, path, toBytes(text))
          )
        ),
    mutate: [inside(mutateJson), inside(mutateText(WORDS))],
    read,
  },
  {
    name: "zarr_chunks",
    corpus: () => corpus(false),
    mutate: [inside(damageBytes)],
    read,
  },
];
