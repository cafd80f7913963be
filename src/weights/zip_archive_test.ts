import {
  concat,
  handPickle,
  u32,
  u64,
} from "../../tests/helpers/hand_pickle.ts";
import { crc32, ZipArchive } from "./zip_archive.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { zipSync } from "fflate";

const bytes = (text: string) => new TextEncoder().encode(text);
const stored = zipSync({ "a/b": bytes("hello"), empty: new Uint8Array() }, {
  level: 0,
});
const deflated = zipSync({ zeros: new Uint8Array(100_000) }, { level: 6 });

/** The same archive with its sizes and offsets in zip64 fields. */
function zip64(name: string, content: Uint8Array): Uint8Array {
  const label = bytes(name);
  const local = handPickle(
    u32(0x04034b50),
    new Uint8Array(10),
    u32(crc32(content)),
    u32(0xffffffff),
    u32(0xffffffff),
    [label.length, 0, 20, 0],
    label,
    [1, 0, 16, 0],
    u64(content.length),
    u64(content.length),
    content,
  );
  const directory = handPickle(
    u32(0x02014b50),
    new Uint8Array(12),
    u32(crc32(content)),
    u32(0xffffffff),
    u32(0xffffffff),
    [label.length, 0, 32, 0, 0, 0],
    new Uint8Array(8),
    u32(0xffffffff),
    label,
    [0x99, 0x99, 0, 0, 1, 0, 24, 0],
    u64(content.length),
    u64(content.length),
    u64(0),
  );
  const end = handPickle(
    u32(0x06064b50),
    u64(44),
    new Uint8Array(12),
    u64(1),
    u64(1),
    u64(directory.length),
    u64(local.length),
    u32(0x07064b50),
    u32(0),
    u64(local.length + directory.length),
    u32(1),
    u32(0x06054b50),
    [0, 0, 0, 0, 255, 255, 255, 255],
    u32(0xffffffff),
    u32(0xffffffff),
    [0, 0],
  );
  return concat([local, directory, end]);
}

/** A copy with the bytes at the last place where `find` occurs replaced. */
function patch(
  archive: Uint8Array,
  find: number[],
  offset: number,
  value: number[],
): Uint8Array {
  const copy = archive.slice();
  for (let i = copy.length - find.length; i >= 0; i--) {
    if (find.every((byte, k) => copy[i + k] === byte)) {
      copy.set(value, i + offset);
      return copy;
    }
  }
  throw new Error("nothing to patch");
}

Deno.test("ZipArchive reads stored entries without a copy", () => {
  const archive = new ZipArchive(stored, "zip");
  assertEquals(archive.names, ["a/b", "empty"]);
  const content = archive.read("a/b");
  assertEquals(content, bytes("hello"));
  assert(content?.buffer === stored.buffer);
  assertEquals(archive.read("empty")?.length, 0);
  assertEquals(archive.read("other"), undefined);
});

Deno.test("ZipArchive reads deflated entries, comments and zip64", () => {
  assertEquals(
    new ZipArchive(deflated, "zip").read("zeros"),
    new Uint8Array(100_000),
  );
  const commented = concat([
    patch(stored, u32(0x06054b50), 20, [3, 0]),
    bytes("hey"),
  ]);
  assertEquals(new ZipArchive(commented, "zip").read("a/b"), bytes("hello"));
  assertEquals(
    new ZipArchive(zip64("x", bytes("wide")), "zip").read("x"),
    bytes("wide"),
  );
});

Deno.test("ZipArchive takes a checksum of 0 as not computed, as torch.save may leave it", () => {
  const directory = u32(0x02014b50);
  const one = zipSync({ x: bytes("data") }, { level: 0 });
  const without = patch(one, directory, 16, u32(0));
  assertEquals(new ZipArchive(without, "zip").read("x"), bytes("data"));
  const wrong = patch(one, directory, 16, u32(1));
  assertThrows(
    () => new ZipArchive(wrong, "zip").read("x"),
    SyntaxError,
    "does not match its CRC-32",
  );
});

Deno.test("ZipArchive refuses broken archives", () => {
  const end = u32(0x06054b50);
  const directory = u32(0x02014b50);
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(), "directory is missing"],
    [stored.subarray(0, -30), "directory is missing"],
    [patch(stored, end, 16, u32(stored.length)), "must lie within the file"],
    [patch(stored, end, 10, [255, 254]), "must lie within the file"],
    [patch(stored, end, 10, [255, 255]), "must lie within the file"],
    [patch(stored, end, 16, u32(0)), "damaged at entry 0"],
    [patch(stored, directory, 28, [255, 255]), "ends early"],
  ];
  for (const [archive, message] of cases) {
    assertThrows(() => new ZipArchive(archive, "zip"), SyntaxError, message);
  }
});

Deno.test("ZipArchive refuses broken entries", () => {
  const directory = u32(0x02014b50);
  const one = zipSync({ x: bytes("data") }, { level: 0 });
  const cases: [Uint8Array, string, string][] = [
    [patch(one, directory, 10, [12, 0]), "x", "must be stored or deflated"],
    [patch(one, directory, 8, [1, 0]), "x", "an encrypted one"],
    [patch(one, directory, 24, u32(9)), "x", "4 of 9 bytes"],
    [patch(one, directory, 42, u32(9)), "x", "has no header"],
    [patch(one, directory, 42, u32(2 ** 31)), "x", "ends early"],
    [
      patch(deflated, directory, 24, u32(2 ** 31)),
      "zeros",
      "inflates too much",
    ],
    [
      patch(deflated, directory, 24, u32(100_001)),
      "zeros",
      "must inflate to 100001 bytes",
    ],
    [
      patch(deflated, directory, 24, u32(99_999)),
      "zeros",
      "does not match its CRC-32",
    ],
    [
      patch(deflated, directory, 20, u32(10)),
      "zeros",
      "inflates too much",
    ],
    [
      patch(deflated, directory, 20, u32(100)),
      "zeros",
      "is not valid deflate data",
    ],
  ];
  for (const [archive, name, message] of cases) {
    assertThrows(
      () => new ZipArchive(archive, "zip").read(name),
      Error,
      message,
      message,
    );
  }
});

Deno.test("crc32() gives the standard check value at any length", () => {
  assertEquals(crc32(bytes("123456789")), 0xcbf43926);
  assertEquals(crc32(new Uint8Array()), 0);
  assertEquals(crc32(bytes("a")), 0xe8b7be43);
});
