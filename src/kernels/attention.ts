import { blocksOf } from "./conv/conv2d.ts";
import { defineKernel, type Kernel } from "./kernel.ts";
import { lastBlock } from "./pointwise.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode planeProduct}. */
export interface PlaneProductParams {
  /** Images times blocks of four channels. */
  readonly planes: number;
  /** Height and width of the result. */
  readonly size: readonly [height: number, width: number];
  /** Products that a value sums. */
  readonly inner: number;
}

/** A matrix product for each channel; shader `attention/plane_product.wgsl`. */
export const planeProduct: Kernel<PlaneProductParams> = defineKernel({
  name: "plane_product",
  source: shaders.planeProduct,
  constants: ({ size: [height, width], inner }: PlaneProductParams) => ({
    height,
    width,
    inner,
  }),
  workgroups: ({ planes, size: [height, width] }) => [
    Math.ceil(height * width / 64),
    planes,
    1,
  ],
});

/** Parameters of {@linkcode rowSoftmax}. */
export interface RowSoftmaxParams {
  /** Images in the batch. */
  readonly batch: number;
  readonly channels: number;
  readonly rows: number;
  /** Values in a row. */
  readonly count: number;
}

/** Softmax over the rows of each channel; shader `attention/row_softmax.wgsl`. */
export const rowSoftmax: Kernel<RowSoftmaxParams> = defineKernel({
  name: "row_softmax",
  source: shaders.rowSoftmax,
  constants: ({ channels, rows, count }: RowSoftmaxParams) => ({
    count,
    rows,
    blocks: blocksOf(channels),
    last: lastBlock(channels),
  }),
  workgroups: ({ batch, channels, rows }) => [
    rows,
    batch * blocksOf(channels),
    1,
  ],
});
