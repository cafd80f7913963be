import { assertEquals, assertThrows } from "@std/assert";
import { expandBits } from "./expand_bits.ts";

const row = { float: false, isIndex: false, height: 1 };

Deno.test("expandBits() spreads few bits over a byte, but not those of an index", () => {
  const bits = { ...row, bits: 2, width: 4 };
  const packed = Uint8Array.of(0b00011011);
  assertEquals(expandBits(packed, bits), Uint8Array.of(0, 85, 170, 255));
  const index = { ...bits, isIndex: true };
  assertEquals(expandBits(packed, index), Uint8Array.of(0, 1, 2, 3));
});

Deno.test("expandBits() begins each row at a whole byte", () => {
  const options = { ...row, bits: 1, width: 3, height: 2 };
  assertEquals(
    expandBits(Uint8Array.of(0b10111111, 0b01000000), options),
    Uint8Array.of(255, 0, 255, 0, 255, 0),
  );
});

for (const bits of [10, 12, 14]) {
  Deno.test(`expandBits() returns the bytes that were widened to ${bits} bits`, () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const packed = new Uint8Array(256 * bits / 8);
    bytes.forEach((byte, i) => {
      const value = Math.round(byte * (2 ** bits - 1) / 255);
      for (let bit = 0; bit < bits; bit++) {
        const at = i * bits + bit;
        const set = value >> bits - 1 - bit & 1;
        packed[at >> 3] |= set << 7 - (at & 7);
      }
    });
    assertEquals(expandBits(packed, { ...row, bits, width: 256 }), bytes);
  });
}

Deno.test("expandBits() keeps the highest byte of 16 and 32 bits", () => {
  const sixteen = new Uint8Array(Uint16Array.of(0x12ff, 0xff00).buffer);
  assertEquals(
    expandBits(sixteen, { ...row, bits: 16, width: 2 }),
    Uint8Array.of(0x12, 0xff),
  );
  const wide = new Uint8Array(Uint32Array.of(0x12345678, 0xffffffff).buffer);
  assertEquals(
    expandBits(wide, { ...row, bits: 32, width: 2 }),
    Uint8Array.of(0x12, 0xff),
  );
});

Deno.test("expandBits() takes floats for 0 to 1, or spreads the range that is known", () => {
  const values = [-1, 0, 0.2, 1, 7, NaN];
  const kinds = (values: number[]) =>
    [
      [16, Float16Array.from(values)],
      [32, Float32Array.from(values)],
      [64, Float64Array.from(values)],
    ] as const;
  for (const [bits, numbers] of kinds(values)) {
    const bytes = new Uint8Array(numbers.buffer);
    const options = { ...row, bits, width: 6, float: true };
    assertEquals(
      expandBits(bytes, { ...options, range: [0, 1] }),
      Uint8Array.of(0, 0, 51, 255, 255, 0),
    );
    assertEquals(
      expandBits(bytes, { ...options, range: [-1, 4] }),
      Uint8Array.of(0, 51, 61, 102, 255, 0),
    );
    assertThrows(
      () => expandBits(bytes, options),
      RangeError,
      "reach from -1 to 7, and the file declares no range",
    );
  }
  for (const [bits, numbers] of kinds([0, 0.2, 1, 1.02, -0.02, NaN])) {
    const bytes = new Uint8Array(numbers.buffer);
    assertEquals(
      expandBits(bytes, { ...row, bits, width: 6, float: true }),
      Uint8Array.of(0, 51, 255, 255, 0, 0),
    );
  }
});

Deno.test("expandBits() spreads a known range of integers", () => {
  const words = new Uint8Array(Uint16Array.of(0, 2048, 4095, 9999).buffer);
  assertEquals(
    expandBits(words, { ...row, bits: 16, width: 4, range: [0, 4095] }),
    Uint8Array.of(0, 128, 255, 255),
  );
  const wide = new Uint8Array(Uint32Array.of(100, 200, 300).buffer);
  assertEquals(
    expandBits(wide, { ...row, bits: 32, width: 3, range: [0, 510] }),
    Uint8Array.of(50, 100, 150),
  );
});
