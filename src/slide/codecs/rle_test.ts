import { assertEquals, assertThrows } from "@std/assert";
import { decodeRle } from "./rle.ts";

function rle(segments: readonly (readonly number[])[], count?: number) {
  const header = new Uint32Array(16);
  header[0] = count ?? segments.length;
  let next = 64;
  segments.forEach((segment, i) => {
    header[i + 1] = next;
    next += segment.length;
  });
  return Uint8Array.from([
    ...new Uint8Array(header.buffer),
    ...segments.flat(),
  ]);
}

const [red, green, blue] = [[253, 7, 0], [3, 1, 2, 3, 4], [255, 5, 255, 6]];
const size = { length: 12, planes: 3 };

Deno.test("decodeRle() joins the segments of a pixel's bytes", () => {
  assertEquals(
    decodeRle(rle([red, green, blue]), size),
    Uint8Array.of(7, 1, 5, 7, 2, 5, 7, 3, 6, 7, 4, 6),
  );
  assertEquals(
    decodeRle(rle([green]), { length: 4, planes: 1 }),
    Uint8Array.of(1, 2, 3, 4),
  );
});

Deno.test("decodeRle() refuses segments that are not those of the pixels", () => {
  const says = (data: Uint8Array, reason: string) =>
    assertThrows(() => decodeRle(data, size), SyntaxError, reason);
  says(new Uint8Array(63), "no header");
  says(rle([red, green]), "they have 2 segments, not 3");
  says(rle([red, green, blue], 16), "they have 16 segments");
  says(rle([red, green, [255, 5]]), "segment 2 has 2 of 4 bytes");
  const beyond = rle([red, green, blue]);
  beyond[12] = 255;
  says(beyond, "their segments lie outside of them");
  const inHeader = rle([red, green, blue]);
  inHeader[4] = 63;
  says(inHeader, "their segments lie outside of them");
  const falling = rle([red, green, blue]);
  falling[8] = 80;
  says(falling, "their segments lie outside of them");
});
