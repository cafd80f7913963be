import { type TensorData, type TensorDtype, toFloat32 } from "./tensor_data.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

function tensor(
  dtype: TensorDtype,
  bytes: ArrayBufferView,
  shape?: number[],
): TensorData {
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = {
    f32: 4,
    f64: 8,
    f16: 2,
    bf16: 2,
    i64: 8,
    i32: 4,
    i16: 2,
    i8: 1,
    u8: 1,
    bool: 1,
  };
  return { dtype, data, shape: shape ?? [data.length / size[dtype]] };
}

Deno.test("toFloat32() widens every dtype", () => {
  const cases: [TensorDtype, ArrayBufferView, number[]][] = [
    ["f32", new Float32Array([1.5, -2]), [1.5, -2]],
    ["f64", new Float64Array([1.5, 0.1]), [1.5, Math.fround(0.1)]],
    [
      "f16",
      new Uint16Array([0x3c00, 0xc000, 0x7c00, 0x0001, 0x8000, 0x03ff, 0x7bff]),
      [
        1,
        -2,
        Infinity,
        2 ** -24,
        -0,
        1023 * 2 ** -24,
        65504,
      ],
    ],
    ["bf16", new Uint16Array([0x3f80, 0xc000, 0xff80]), [1, -2, -Infinity]],
    ["i64", new BigInt64Array([-3n, 2n ** 40n]), [-3, 2 ** 40]],
    ["i32", new Int32Array([-3, 7]), [-3, 7]],
    ["i16", new Int16Array([-3, 7]), [-3, 7]],
    ["i8", new Int8Array([-3, 7]), [-3, 7]],
    ["u8", new Uint8Array([0, 255]), [0, 255]],
    ["bool", new Uint8Array([0, 1, 2]), [0, 1, 1]],
  ];
  for (const [dtype, bytes, expected] of cases) {
    assertEquals([...toFloat32(tensor(dtype, bytes))], expected, dtype);
  }
  assert(Number.isNaN(toFloat32(tensor("f16", new Uint16Array([0x7e00])))[0]));
});

Deno.test("toFloat32() reads tensors at any alignment", () => {
  const bytes = new Uint8Array(9);
  bytes.set(new Uint8Array(new Float32Array([1.5, -2]).buffer), 1);
  const unaligned = tensor("f32", bytes.subarray(1));
  assertEquals([...toFloat32(unaligned)], [1.5, -2]);
  assertEquals([
    ...toFloat32(tensor("bf16", new Uint8Array([9, 0x80, 0x3f]).subarray(1))),
  ], [1]);
});

Deno.test("toFloat32() does not copy aligned float32", () => {
  const values = new Float32Array([1, 2]);
  assert(toFloat32(tensor("f32", values)).buffer === values.buffer);
});

Deno.test("toFloat32() refuses bytes that do not fill the shape", () => {
  assertThrows(
    () => toFloat32(tensor("f32", new Float32Array(2), [3])),
    RangeError,
    "(8 bytes for f32 [3])",
  );
});
