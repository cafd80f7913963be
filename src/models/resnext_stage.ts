import { relu } from "../graph/ops/activation.ts";
import { add } from "../graph/ops/add.ts";
import { batchNorm } from "../graph/ops/batch_norm.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Sizes of one stage of a ResNeXt encoder. */
export interface ResnextStageOptions {
  /** Prefix of the parameters' names; blocks are `name.0`, `name.1`, … */
  readonly name: string;
  /** Number of bottlenecks. */
  readonly blocks: number;
  /** Channels inside the bottlenecks. */
  readonly width: number;
  /** Groups of the 3×3 convolutions. */
  readonly groups: number;
  /** Output channels. */
  readonly channels: number;
  /** Stride of the first block. */
  readonly stride: number;
}

/** A stage of ResNeXt (Xie et al. 2017, arXiv 1611.05431), with the parameter names of torchvision. */
export function resnextStage(
  input: Tensor,
  options: ResnextStageOptions,
): Tensor {
  let x = input;
  for (let i = 0; i < options.blocks; i++) {
    const stride = i === 0 ? options.stride : 1;
    const name = `${options.name}.${i}`;
    x = bottleneck(x, { ...options, name, stride });
  }
  return x;
}

function bottleneck(
  input: Tensor,
  { name, width, groups, channels, stride }: ResnextStageOptions,
): Tensor {
  const norm = (x: Tensor, i: number) =>
    batchNorm(x, { name: `${name}.bn${i}` });
  const reduced = conv2d(input, {
    name: `${name}.conv1`,
    channels: width,
    kernel: 1,
    bias: false,
  });
  const grouped = conv2d(relu(norm(reduced, 1)), {
    name: `${name}.conv2`,
    channels: width,
    kernel: 3,
    padding: 1,
    stride,
    groups,
    bias: false,
  });
  const expanded = conv2d(relu(norm(grouped, 2)), {
    name: `${name}.conv3`,
    channels,
    kernel: 1,
    bias: false,
  });
  const identity = stride === 1 && input.shape[1] === channels
    ? input
    : batchNorm(
      conv2d(input, {
        name: `${name}.downsample.0`,
        channels,
        kernel: 1,
        stride,
        bias: false,
      }),
      { name: `${name}.downsample.1` },
    );
  return relu(add(norm(expanded, 3), identity));
}
