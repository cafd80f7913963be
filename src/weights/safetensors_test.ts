import { assertEquals, assertThrows } from "@std/assert";
import { concat, handPickle, u64 } from "../../tests/helpers/hand_pickle.ts";
import {
  readSafetensors,
  readSafetensorsMetadata,
} from "./read_safetensors.ts";
import type { StateDict } from "./tensor_data.ts";
import { writeSafetensors } from "./write_safetensors.ts";

const example: StateDict = new Map([
  ["flag", { shape: [3], dtype: "bool", data: new Uint8Array([1, 0, 1]) }],
  ["scalar", { shape: [], dtype: "f64", data: new Uint8Array(8).fill(1) }],
  ["empty", { shape: [0, 4], dtype: "f32", data: new Uint8Array() }],
  ["weight", {
    shape: [2, 1],
    dtype: "bf16",
    data: new Uint8Array([1, 2, 3, 4]),
  }],
  ["__proto__", { shape: [1], dtype: "i32", data: new Uint8Array(4).fill(5) }],
]);

function file(header: string, bytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  return concat([handPickle(u64(text.length)), text, new Uint8Array(bytes)]);
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"a":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}}`;

Deno.test("writeSafetensors() writes what readSafetensors() reads", () => {
  const bytes = writeSafetensors(example, { note: "ä" });
  const tensors = readSafetensors(bytes);
  assertEquals([...tensors].sort(), [...example].sort());
  assertEquals(readSafetensorsMetadata(bytes), { note: "ä" });
  assertEquals(readSafetensorsMetadata(writeSafetensors(example)), {});
});

Deno.test("writeSafetensors() lays wide elements first, so that each lies aligned", () => {
  for (
    const { data, dtype } of readSafetensors(writeSafetensors(example)).values()
  ) {
    const size = { f64: 8, i32: 4, f32: 4, bf16: 2 }[dtype as string] ?? 1;
    assertEquals(data.byteOffset % size, 0, dtype);
  }
});

Deno.test("writeSafetensors() refuses bytes that do not fill the shape", () => {
  const short = { shape: [2], dtype: "f32", data: new Uint8Array(7) } as const;
  assertThrows(
    () => writeSafetensors(new Map([["a", short]])),
    RangeError,
    "must fill its shape (7 bytes",
  );
});

Deno.test("readSafetensors() refuses broken files by name and reason", () => {
  const cases: [string, Uint8Array, string][] = [
    ["empty", new Uint8Array(), "ends early"],
    ["long header", handPickle(u64(2 ** 40), "{}"), "header must fit"],
    ["huge header", handPickle(u64(2 ** 62), "{}"), "below 2^53"],
    ["no JSON", file("{nope"), "must be JSON"],
    ["no object", file("[1]"), "must be a JSON object"],
    [
      "no UTF-8",
      concat([handPickle(u64(1)), new Uint8Array([255])]),
      "must be UTF-8",
    ],
    ["null entry", file('{"a":null}'), "must be one of F32"],
    ["dtype", file(entry("F8_E4M3", "[1]", "[0,1]"), 1), 'received "F8_E4M3"'],
    ["shape", file(entry("F32", "[-1]", "[0,4]"), 4), "must have a shape"],
    ["shape", file(entry("F32", '"no"', "[0,4]"), 4), "must have a shape"],
    ["offsets", file(entry("F32", "[1]", "[0]"), 4), "two data_offsets"],
    [
      "size",
      file(entry("F32", "[2]", "[0,4]"), 4),
      "must fill its shape (4 bytes",
    ],
    [
      "giant",
      file(entry("F32", "[9007199254740991,8]", "[0,4]"), 4),
      "must fill its shape",
    ],
    [
      "outside",
      file(entry("F32", "[2]", "[0,8]"), 4),
      "without gaps or overlaps",
    ],
    [
      "hole",
      file(entry("F32", "[1]", "[4,8]"), 8),
      "without gaps or overlaps",
    ],
    ["rest", file(entry("F32", "[1]", "[0,4]"), 5), "they take 4"],
    [
      "overlap",
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        3,
      ),
      "without gaps or overlaps",
    ],
  ];
  for (const [name, bytes, message] of cases) {
    assertThrows(() => readSafetensors(bytes), Error, message, name);
  }
});

Deno.test("readSafetensors() takes a header that fills the file, and none that is longer", () => {
  const header = `{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`;
  assertEquals([...readSafetensors(file(header)).keys()], ["a"]);
  const cut = file(header).subarray(0, -1);
  assertThrows(() => readSafetensors(cut), SyntaxError, "fit in the file");
});
