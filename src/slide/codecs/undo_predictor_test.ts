import { assertEquals } from "@std/assert";
import { undoPredictor } from "./undo_predictor.ts";

for (const Numbers of [Uint8Array, Uint16Array, Uint32Array]) {
  Deno.test(`undoPredictor() sums up differences of ${Numbers.BYTES_PER_ELEMENT} bytes, row by row`, () => {
    const most = 2 ** (8 * Numbers.BYTES_PER_ELEMENT) - 1;
    // Two samples per pixel, three pixels per row; the second row wraps around.
    const differences = Numbers.of(1, 10, 2, 20, 3, 30, most, 5, 2, 0, 0, most);
    const rowBytes = 6 * Numbers.BYTES_PER_ELEMENT;
    // One byte off, so that rows are not aligned.
    const bytes = new Uint8Array(differences.byteLength + 1).subarray(1);
    bytes.set(new Uint8Array(differences.buffer));
    const bits = 8 * Numbers.BYTES_PER_ELEMENT;
    undoPredictor(bytes, { predictor: 2, bits, samples: 2, rowBytes });
    assertEquals(
      new Numbers(bytes.slice().buffer),
      Numbers.of(1, 10, 3, 30, 6, 60, most, 5, 1, 5, 1, 4),
    );
  });
}

Deno.test("undoPredictor() restores floats whose bytes were taken apart", () => {
  const values = Float32Array.of(0.25, -3.5, 1e-9, 42);
  const bytes = new Uint8Array(values.buffer);
  const apart = new Uint8Array(16);
  for (let i = 0; i < 4; i++) {
    for (let byte = 0; byte < 4; byte++) {
      apart[byte * 4 + i] = bytes[i * 4 + 3 - byte];
    }
  }
  for (let i = 15; i > 0; i--) apart[i] -= apart[i - 1];
  undoPredictor(apart, { predictor: 3, bits: 32, samples: 1, rowBytes: 16 });
  assertEquals(new Float32Array(apart.buffer), values);
});
