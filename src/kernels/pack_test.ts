import { randomValues } from "../../tests/helpers/random_values.ts";
import {
  packAffine,
  packConvWeight,
  packedBytes,
  packTensor,
  packVector,
  ungroupWeight,
  unpackTensor,
} from "./pack.ts";
import { assertEquals } from "@std/assert";

for (const precision of ["f32", "f16"] as const) {
  for (const channels of [1, 3, 4, 5, 7, 8]) {
    Deno.test(`unpackTensor() undoes packTensor(): ${channels} channels, ${precision}`, () => {
      const shape = [2, channels, 3, 5] as const;
      const values = randomValues(shape, "values", { precision });
      const packed = packTensor(values, shape, precision);
      assertEquals(packed.byteLength, packedBytes(shape, precision));
      assertEquals(unpackTensor(packed, shape, precision), values);
    });
  }
}

Deno.test("packTensor() lays blocks of four channels out, the last filled with zeros", () => {
  const values = Float32Array.from({ length: 10 }, (_, i) => i + 1); // 1×5×1×2
  assertEquals(
    new Float32Array(packTensor(values, [1, 5, 1, 2], "f32")),
    Float32Array.of(1, 3, 5, 7, 2, 4, 6, 8, 9, 0, 0, 0, 10, 0, 0, 0),
  );
});

Deno.test("packTensor() rounds to the nearest in f16", () => {
  const packed = packTensor(Float32Array.of(1 + 2 ** -12, 1 + 3 * 2 ** -12), [
    1,
    2,
    1,
    1,
  ], "f16");
  assertEquals([...new Uint16Array(packed)], [0x3c00, 0x3c01, 0, 0]);
});

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
      // Everything else is zero, and no weight is.
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
