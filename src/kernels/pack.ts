import { blocksOf } from "./conv/conv2d.ts";
import type { Precision } from "./wgsl/specialize.ts";

type Shape = readonly [number, number, number, number];

/** Bytes of a tensor of this shape on the GPU, in blocks of four channels. */
export function packedBytes(
  [batch, channels, height, width]: Shape,
  precision: Precision,
): number {
  return bytesOf(batch * blocksOf(channels) * 4 * height * width, precision);
}

/** Bytes of `values` values. */
export function bytesOf(values: number, precision: Precision): number {
  return values * (precision === "f16" ? 2 : 4);
}

/** Packs an N×C×H×W tensor into the kernels' layout: [N][C/4][H][W] of four channels. */
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

/** Unpacks a tensor from the kernels' layout to N×C×H×W. */
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

/** Sizes of a convolution's weight in the kernels. */
export interface WeightShape {
  /** Output channels. */
  readonly outputs: number;
  /** Input channels per group. */
  readonly inputs: number;
  /** Height and width of the kernel. */
  readonly kernel: readonly [number, number];
}

/** Packs a weight O×I×kh×kw into the layout of `conv2d.wgsl`: [O/4][kh][kw][I/4][4 inputs][4 outputs], padded with zeros. */
export function packConvWeight(
  weight: Float32Array,
  { outputs, inputs, kernel: [height, width] }: WeightShape,
  precision: Precision,
): ArrayBuffer {
  const taps = height * width;
  const inputBlocks = blocksOf(inputs);
  const size = blocksOf(outputs) * taps * inputBlocks * 16;
  const packed = precision === "f16"
    ? new Float16Array(size)
    : new Float32Array(size);
  for (let o = 0; o < outputs; o++) {
    const block = Math.floor(o / 4) * taps * inputBlocks * 16 + o % 4;
    for (let i = 0; i < inputs; i++) {
      const within = Math.floor(i / 4) * 16 + (i % 4) * 4;
      const source = (o * inputs + i) * taps;
      for (let tap = 0; tap < taps; tap++) {
        packed[block + tap * inputBlocks * 16 + within] = weight[source + tap];
      }
    }
  }
  return packed.buffer;
}

/** Makes a grouped weight dense, with zeros between groups, for groups that are not multiples of four channels. */
export function ungroupWeight(
  weight: Float32Array,
  { outputs, inputs, kernel: [height, width] }: WeightShape,
  groups: number,
): Float32Array {
  const taps = height * width;
  const dense = new Float32Array(outputs * inputs * groups * taps);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor(o / (outputs / groups));
    const source = weight.subarray(
      o * inputs * taps,
      (o + 1) * inputs * taps,
    );
    dense.set(source, (o * groups + group) * inputs * taps);
  }
  return dense;
}

/** Extracts the groups of a dense weight: the inverse of {@linkcode ungroupWeight}. */
export function regroupWeight(
  dense: Float32Array,
  { outputs, inputs, kernel: [height, width] }: WeightShape,
  groups: number,
): Float32Array<ArrayBuffer> {
  const size = inputs * height * width;
  const weight = new Float32Array(outputs * size);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor(o / (outputs / groups));
    const start = (o * groups + group) * size;
    weight.set(dense.subarray(start, start + size), o * size);
  }
  return weight;
}

/** Unpacks a weight from the 32-bit layout of {@linkcode packConvWeight}. */
export function unpackConvWeight(
  packed: Float32Array,
  { outputs, inputs, kernel: [height, width] }: WeightShape,
): Float32Array<ArrayBuffer> {
  const taps = height * width;
  const inputBlocks = blocksOf(inputs);
  const weight = new Float32Array(outputs * inputs * taps);
  for (let o = 0; o < outputs; o++) {
    const block = Math.floor(o / 4) * taps * inputBlocks * 16 + o % 4;
    for (let i = 0; i < inputs; i++) {
      const within = Math.floor(i / 4) * 16 + (i % 4) * 4;
      const target = (o * inputs + i) * taps;
      for (let tap = 0; tap < taps; tap++) {
        weight[target + tap] = packed[block + tap * inputBlocks * 16 + within];
      }
    }
  }
  return weight;
}

/** Packs a value per channel into blocks of four, padded with zeros. Always 32-bit. */
export function packVector(values: Float32Array): ArrayBuffer {
  const packed = new Float32Array(blocksOf(values.length) * 4);
  packed.set(values);
  return packed.buffer;
}

/** Packs scale and shift per channel into alternating blocks of four, padded with zeros. Always 32-bit. */
export function packAffine(
  scale: Float32Array,
  shift: Float32Array,
): ArrayBuffer {
  const packed = new Float32Array(blocksOf(scale.length) * 8);
  for (let i = 0; i < scale.length; i++) {
    const at = Math.floor(i / 4) * 8 + i % 4;
    packed[at] = scale[i];
    packed[at + 4] = shift[i];
  }
  return packed.buffer;
}
