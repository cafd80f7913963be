import { assertEquals } from "@std/assert";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack_tensor.ts";

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
