import { assertEquals } from "@std/assert";
import { TextBuffer } from "./text_buffer.ts";

Deno.test("TextBuffer collects what TextEncoder makes of the whole", () => {
  const pieces = ["a", "µm²", "", "𝄞€", "x".repeat(70_000), "ü".repeat(90_000)];
  const buffer = new TextBuffer();
  for (let round = 0; round < 2; round++) {
    for (const piece of pieces) buffer.add(piece);
    const expected = new TextEncoder().encode(pieces.join(""));
    assertEquals(buffer.length, expected.length);
    assertEquals(buffer.take(), expected);
    assertEquals(buffer.length, 0);
  }
});
