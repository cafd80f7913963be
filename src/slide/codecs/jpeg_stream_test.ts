import { assertEquals, assertThrows } from "@std/assert";
import { countScans, hasSecondFrame, readJpegStream } from "./jpeg_stream.ts";

const start = [0xff, 0xd8];
const frame = (marker: number, bits = 8) => [
  ...[0xff, marker, 0, 17, bits, 0, 20, 0, 24, 3],
  ...[82, 0x11, 0, 71, 0x11, 0, 66, 0x11, 0],
];
const adobe = [
  ...[0xff, 0xee, 0, 14, 65, 100, 111, 98, 101],
  ...[0, 100, 0, 0, 0, 0, 2],
];
const scan = [0xff, 0xda, 0, 2, 1, 2, 3];

Deno.test("readJpegStream() reads the frame, and leaves out what does not matter for decoding", () => {
  const comment = [0xff, 0xfe, 0, 4, 1, 2];
  const data = Uint8Array.of(
    ...start,
    ...adobe,
    ...comment,
    ...frame(0xc0),
    ...scan,
  );
  const stream = readJpegStream(data);
  assertEquals(stream.frame, {
    width: 24,
    height: 20,
    components: 3,
    isProgressive: false,
    ids: [82, 71, 66],
  });
  assertEquals(stream.adobe, 2);
  assertEquals(stream.parts.map((part) => [...part]), [frame(0xc0), scan]);
});

Deno.test("readJpegStream() refuses what it does not decode", () => {
  for (
    const [bytes, reason] of [
      [[1, 2, 3, 4], "damaged"],
      [[...start, 7, 7, 7, 7], "damaged"],
      [[...start, 0xff, 0xe0, 0, 0], "damaged"],
      [[...start, ...frame(0xc0), ...frame(0xc0), ...scan], "damaged"],
      [[...start, ...frame(0xc3)], "8-bit baseline or progressive"],
      [[...start, ...frame(0xc0, 12)], "8-bit baseline or progressive"],
    ] as const
  ) {
    const data = Uint8Array.from(bytes);
    assertThrows(() => readJpegStream(data), SyntaxError, reason);
  }
});

Deno.test("countScans() takes no coded bytes for markers", () => {
  const data = [...start, ...frame(0xc2), ...scan, 0xff, 0, 0xda, ...scan];
  assertEquals(countScans(Uint8Array.from(data)), 2);
});

Deno.test("readJpegStream() leaves a frame that is cut short to a longer head", () => {
  const whole = Uint8Array.from([...start, ...frame(0xc0)]);
  assertEquals(readJpegStream(whole.subarray(0, 8)).frame, undefined);
  assertEquals(readJpegStream(whole).frame?.components, 3);
});

Deno.test("hasSecondFrame() finds a frame after the first scan", () => {
  const once = [...start, ...frame(0xc0), ...scan];
  const stream = (bytes: number[]) => readJpegStream(Uint8Array.from(bytes));
  assertEquals(hasSecondFrame(stream(once)), false);
  assertEquals(hasSecondFrame(stream([...once, ...frame(0xc0)])), true);
});
