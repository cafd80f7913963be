import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeRle, RleEncoder } from "./rle_encoder.ts";
import { decodeRle } from "./decode_rle.ts";
import {
  bandsOf,
  type Mask,
  randomMask,
} from "../../../tests/helpers/masks.ts";

/** Kaggle's code, read off pixel by pixel. */
function reference({ mask, width, height }: Mask): string {
  const numbers: number[] = [];
  let previous = 0;
  for (let i = 0; i < width * height; i++) {
    const value = mask[(i % height) * width + Math.floor(i / height)];
    if (value && !previous) numbers.push(i + 1, 0);
    if (value) numbers[numbers.length - 1]++;
    previous = value;
  }
  return numbers.join(" ");
}

Deno.test("RleEncoder matches a plain reference at any band height", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const mask = randomMask(1 + seed * 11 % 37, 1 + seed * 7 % 29, {
      seed,
      density: (seed % 11) / 10,
    });
    const expected = reference(mask);
    assertEquals(encodeRle(mask.mask, mask), expected);
    assertEquals(decodeRle(expected, mask), mask.mask);
    const encoder = new RleEncoder(mask);
    for (const band of bandsOf(mask, [1 + seed % 4, 3])) encoder.write(band);
    await encoder.close();
    assertEquals([...encoder.text()].join(""), expected);
  }
});

Deno.test("RleEncoder encodes tall columns, whose differences need several bytes", () => {
  const mask = { width: 2, height: 70_000, mask: new Uint8Array(140_000) };
  for (const y of [0, 127, 128, 129, 20_000, 69_999]) mask.mask[y * 2 + 1] = 1;
  assertEquals(encodeRle(mask.mask, mask), reference(mask));
});

Deno.test("RleEncoder encodes empty, full and checkered masks", () => {
  const size = { width: 32, height: 24 };
  assertEquals(encodeRle(new Uint8Array(768), size), "");
  assertEquals(encodeRle(new Uint8Array(768).fill(1), size), "1 768");
  assertEquals(encodeRle(new Uint8Array(768).fill(255), size), "1 768");
  const checkered = Uint8Array.from(
    { length: 768 },
    (_, i) => (i + (i >> 5)) & 1,
  );
  assertEquals(
    encodeRle(checkered, size),
    reference({ ...size, mask: checkered }),
  );
  assertEquals(encodeRle(new Uint8Array([1]), { width: 1, height: 1 }), "1 1");
});

Deno.test("RleEncoder takes masks that begin at any byte of a buffer", () => {
  const mask = randomMask(13, 9, { seed: 5, density: 0.5 });
  for (let offset = 0; offset < 5; offset++) {
    const bytes = new Uint8Array(13 * 9 + 8).fill(1);
    bytes.set(mask.mask, offset);
    assertEquals(
      encodeRle(bytes.subarray(offset, offset + 13 * 9), mask),
      reference(mask),
    );
  }
});

Deno.test("RleEncoder gives its text in pieces", async () => {
  const mask = {
    width: 300,
    height: 200,
    mask: Uint8Array.from(
      { length: 60_000 },
      (_, i) => (i + Math.floor(i / 300)) & 1,
    ),
  };
  const encoder = new RleEncoder(mask);
  encoder.write({ y: 0, ...mask });
  await encoder.close();
  const pieces = [...encoder.text()];
  assertEquals(pieces.length > 1, true);
  assertEquals(pieces.join(""), reference(mask));
});

Deno.test("RleEncoder refuses bands out of order, missing rows and bad sizes", async () => {
  const encoder = new RleEncoder({ width: 2, height: 3 });
  assertThrows(
    () => encoder.write({ y: 1, width: 2, height: 1, mask: new Uint8Array(2) }),
    RangeError,
  );
  assertThrows(
    () => encoder.write({ y: 0, width: 2, height: 1, mask: new Uint8Array(3) }),
    RangeError,
    "2 bytes",
  );
  await assertRejects(
    () => encoder.close(),
    RangeError,
    "3 rows are needed, received 0",
  );
  assertThrows(
    () => encodeRle(new Uint8Array(0), { width: 0, height: 1 }),
    RangeError,
    "positive integer",
  );
});
