import { blocksOf } from "./conv/conv2d.ts";
import type { Precision } from "./wgsl/specialize.ts";

type Shape = readonly [number, number, number, number];

/** Bytes that a tensor of this shape takes on the GPU: blocks of four channels. */
export function packedBytes(
  [batch, channels, height, width]: Shape,
  precision: Precision,
): number {
  return bytesOf(batch * blocksOf(channels) * 4 * height * width, precision);
}

/** Bytes of so many values. */
export function bytesOf(values: number, precision: Precision): number {
  return values * (precision === "f16" ? 2 : 4);
}

/** Lays an N×C×H×W tensor out as the kernels read it: [N][C/4][H][W] of four channels. */
export function packTensor(
  values: Float32Array,
  shape: Shape,
  precision: Precision,
): ArrayBuffer {
  const packed = new (precision === "f16" ? Float16Array : Float32Array)(
    packedBytes(shape, "f32") / 4,
  );
  eachElement(shape, (plain, at) => packed[at] = values[plain]);
  return packed.buffer;
}

/** Lays a tensor of the kernels' layout out as N×C×H×W. */
export function unpackTensor(
  bytes: ArrayBuffer,
  shape: Shape,
  precision: Precision,
): Float32Array {
  const packed = precision === "f16"
    ? new Float16Array(bytes)
    : new Float32Array(bytes);
  const values = new Float32Array(shape.reduce((a, b) => a * b));
  eachElement(shape, (plain, at) => values[plain] = packed[at]);
  return values;
}

function eachElement(
  [batch, channels, height, width]: Shape,
  visit: (plain: number, packed: number) => void,
): void {
  const pixels = height * width;
  const blocks = blocksOf(channels);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const plain = (n * channels + c) * pixels;
      const packed = (n * blocks + Math.floor(c / 4)) * pixels * 4 + c % 4;
      for (let i = 0; i < pixels; i++) visit(plain + i, packed + i * 4);
    }
  }
}
