import { assertEquals } from "@std/assert";
import { float, int, join, text } from "./protobuf.ts";

Deno.test("Fields have protobuf's wire format", () => {
  const bytes = (
    ...parts: Parameters<typeof join>[0][]
  ) => [...join(parts.flat())];
  assertEquals(bytes(int(1, 150)), [0x08, 0x96, 0x01]);
  assertEquals(bytes(int(2, -1)), [0x10, ...Array(9).fill(0xff), 0x01]);
  // 0.25 is 0x3e800000, least byte first.
  assertEquals(bytes(float(2, 0.25)), [0x15, 0x00, 0x00, 0x80, 0x3e]);
  assertEquals(bytes(text(2, "hé"), int(1, 1)), [
    ...[0x12, 3, 0x68, 0xc3, 0xa9],
    ...[0x08, 1],
  ]);
});
