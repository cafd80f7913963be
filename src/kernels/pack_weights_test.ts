import { assertEquals } from "@std/assert";
import { randomValues } from "../../tests/helpers/random_values.ts";
import {
  packAffine,
  packConvWeight,
  packVector,
  ungroupWeight,
} from "./pack_weights.ts";

for (const precision of ["f32", "f16"] as const) {
  for (const [outputs, inputs] of [[1, 1], [4, 4], [5, 3], [8, 7]]) {
    Deno.test(`packConvWeight() keeps every weight at its place: ${outputs}×${inputs}×3×2, ${precision}`, () => {
      const kernel = [3, 2] as const;
      const weight = randomValues([outputs, inputs, ...kernel], "weight", {
        precision,
      });
      const bytes = packConvWeight(
        weight,
        { outputs, inputs, kernel },
        precision,
      );
      const packed = precision === "f16"
        ? new Float16Array(bytes)
        : new Float32Array(bytes);
      const inputBlocks = Math.ceil(inputs / 4);
      assertEquals(
        packed.length,
        Math.ceil(outputs / 4) * 6 * inputBlocks * 16,
      );
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          for (let tap = 0; tap < 6; tap++) {
            // [O/4][ky][kx][I/4][4 inputs][4 outputs]
            const block = ((o >> 2) * 6 + tap) * inputBlocks + (i >> 2);
            const at = block * 16 + i % 4 * 4 + o % 4;
            assertEquals(packed[at], weight[(o * inputs + i) * 6 + tap]);
          }
        }
      }
      // All else is zero, and no weight is.
      const filled = Array.from(packed).filter((value) => value !== 0);
      assertEquals(filled.length, weight.length);
    });
  }
}

Deno.test("ungroupWeight() puts zeros between groups", () => {
  const weight = Float32Array.of(1, 2, 3, 4); // 4 outputs × 1 input, 2 groups
  assertEquals(
    ungroupWeight(weight, { outputs: 4, inputs: 1, kernel: [1, 1] }, 2),
    Float32Array.of(1, 0, 2, 0, 0, 3, 0, 4),
  );
});

Deno.test("ungroupWeight() keeps the taps together", () => {
  const weight = Float32Array.of(1, 2, 3, 4); // 2 outputs × 1 input × 1×2, 2 groups
  assertEquals(
    ungroupWeight(weight, { outputs: 2, inputs: 1, kernel: [1, 2] }, 2),
    Float32Array.of(1, 2, 0, 0, 0, 0, 3, 4),
  );
});

Deno.test("packVector() fills the last block with zeros", () => {
  assertEquals(
    new Float32Array(packVector(Float32Array.of(1, 2, 3, 4, 5))),
    Float32Array.of(1, 2, 3, 4, 5, 0, 0, 0),
  );
});

Deno.test("packAffine() alternates scale and shift by blocks", () => {
  assertEquals(
    new Float32Array(
      packAffine(
        Float32Array.of(1, 2, 3, 4, 5),
        Float32Array.of(6, 7, 8, 9, 10),
      ),
    ),
    Float32Array.of(1, 2, 3, 4, 6, 7, 8, 9, 5, 0, 0, 0, 10, 0, 0, 0),
  );
});
