import { assertEquals } from "@std/assert";
import { openPages, readAll } from "../../../tests/helpers/open_pages.ts";
import { noise } from "../../../tests/helpers/noise.ts";

const size = { width: 5, height: 3 };

/** A band of bytes as LERC 2 stores what does not compress: a header, no mask, and the values themselves. */
function lercBand(values: Uint8Array): Uint8Array {
  const header = 6 + 7 * 4 + 3 * 8;
  const bytes = new Uint8Array(header + 5 + values.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("Lerc2 "));
  const { width, height } = size;
  const version = 2;
  const microBlock = 8;
  const unsignedByte = 1;
  [
    ...[version, height, width, width * height],
    ...[microBlock, bytes.length, unsignedByte],
  ].forEach((value, i) => view.setInt32(6 + 4 * i, value, true));
  const maxError = 0.5;
  [maxError, Math.min(...values), Math.max(...values)]
    .forEach((value, i) => view.setFloat64(34 + 8 * i, value, true));
  bytes[header + 4] = 1; // after the mask's length of 0: in one sweep
  bytes.set(values, header + 5);
  return bytes;
}

/** A page of LERC blocks with a band a sample, each a blob of its own. */
async function readBands(samples: number): Promise<Uint8Array> {
  const pixels = noise(size.width, size.height);
  const bands = Array.from(
    { length: samples },
    (_, c) => lercBand(pixels.filter((_, i) => i % 3 === c)),
  );
  await using slide = await openPages([{
    ...size,
    samples,
    pixels,
    blocks: [Uint8Array.from(bands.flatMap((band) => [...band]))],
    tags: { 259: 34887, 50674: [2, 0] },
  }]);
  return await readAll(slide);
}

Deno.test("decodeLerc() joins bands that are stored one after the other", async () => {
  assertEquals(await readBands(3), noise(size.width, size.height));
});

Deno.test("decodeLerc() reads a single band as gray", async () => {
  const gray = noise(size.width, size.height).filter((_, i) => i % 3 === 0);
  assertEquals(
    await readBands(1),
    Uint8Array.from([...gray].flatMap((value) => [value, value, value])),
  );
});
