import { relu } from "../graph/ops/activation.ts";
import { add } from "../graph/ops/add.ts";
import { batchNorm } from "../graph/ops/batch_norm.ts";
import { concat } from "../graph/ops/concat.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import { dropout2d } from "../graph/ops/dropout2d.ts";
import { globalMaxPool } from "../graph/ops/global_max_pool.ts";
import { resizeBilinear } from "../graph/ops/resize_bilinear.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { UnextOptions } from "./unext_options.ts";

/** Options for {@linkcode aspp}. */
export interface AsppOptions {
  readonly aspp: UnextOptions["aspp"];
  /** Whether there is a branch with the global maximum. Otherwise, the receptive field is finite. */
  readonly globalPool: boolean;
  /** Dropout rate of the output channels in training. */
  readonly dropout: number;
}

/** Atrous spatial pyramid pooling (Chen et al. 2017, arXiv 1606.00915), with a global max-pooling branch. */
export function aspp(input: Tensor, options: AsppOptions): Tensor {
  const { mid, out, groups, dilations } = options.aspp;
  const normalized = (x: Tensor, name: string) => relu(batchNorm(x, { name }));
  const branches: Tensor[] = [1, ...dilations].map((dilation, i) => {
    const name = `aspp.aspps.${i}`;
    const kernel = i === 0 ? 1 : 3;
    const x = conv2d(input, {
      name: `${name}.atrous_conv`,
      channels: mid,
      kernel,
      dilation,
      padding: i === 0 ? 0 : dilation,
      groups: i === 0 ? 1 : groups,
      bias: false,
    });
    return normalized(x, `${name}.bn`);
  });
  if (options.globalPool) {
    const pooled = conv2d(globalMaxPool(input), {
      name: "aspp.global_pool.1",
      channels: mid,
      kernel: 1,
      bias: false,
    });
    const [, , height, width] = input.shape;
    branches.unshift(
      resizeBilinear(normalized(pooled, "aspp.global_pool.2"), {
        size: [height, width],
      }),
    );
  }
  const x = conv2d(concat(branches, { name: "aspp.concat" }), {
    name: "aspp.out_conv.0",
    channels: out,
    kernel: 1,
    bias: false,
  });
  return dropout2d(normalized(x, "aspp.out_conv.1"), {
    probability: options.dropout,
  });
}

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
