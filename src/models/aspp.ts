import { relu } from "../graph/ops/activation.ts";
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
