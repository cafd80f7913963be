import { assertEquals } from "@std/assert";
import { decodePackBits } from "./pack_bits.ts";

Deno.test("decodePackBits() decodes literals, runs and fillers", () => {
  const data = Uint8Array.of(
    0xfe,
    0xaa,
    0x02,
    0x80,
    0x00,
    0x2a,
    0x80,
    0xfd,
    0xaa,
    0x00,
  );
  const expected = Uint8Array.of(
    0xaa,
    0xaa,
    0xaa,
    0x80,
    0x00,
    0x2a,
    0xaa,
    0xaa,
    0xaa,
    0xaa,
  );
  assertEquals(decodePackBits(data, 10), expected);
});

Deno.test("decodePackBits() stops at the length, and where the data end", () => {
  assertEquals(
    decodePackBits(Uint8Array.of(0x81, 9), 5),
    new Uint8Array(5).fill(9),
  );
  assertEquals(
    decodePackBits(Uint8Array.of(0x04, 1, 2), 9),
    Uint8Array.of(1, 2),
  );
  assertEquals(
    decodePackBits(Uint8Array.of(0x04, 1, 2, 3, 4, 5), 2),
    Uint8Array.of(1, 2),
  );
});
