import { cannot } from "../errors/cannot.ts";
import { relu } from "../graph/ops/activation.ts";
import { batchNorm } from "../graph/ops/batch_norm.ts";
import { concat } from "../graph/ops/concat.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import { dropout2d } from "../graph/ops/dropout2d.ts";
import { maxPool2d } from "../graph/ops/max_pool2d.ts";
import { pixelShuffle } from "../graph/ops/pixel_shuffle.ts";
import { resizeBilinear } from "../graph/ops/resize_bilinear.ts";
import type { Tensor } from "../graph/tensor.ts";
import { aspp, resnextStage } from "./unext_blocks.ts";
import type { UnextOptions } from "./unext_options.ts";

/** The stages of a UNeXt, by their names in the state dict; `logits` is the result. */
export type UnextStage =
  | `enc${0 | 1 | 2 | 3 | 4}`
  | "aspp"
  | `dec${1 | 2 | 3 | 4}`
  | "fpn"
  | "final_conv"
  | "logits";

/** Options for {@linkcode unext}. */
export interface UnextVariant {
  /** Whether the ASPP has a branch with the global maximum. Default: true. */
  readonly globalPool?: boolean;
  /** Dropout rate of the ASPP's channels in training. Default: 0.5, which is high for few channels. */
  readonly asppDropout?: number;
  /** Channels of the logits: as many as its classes need. Default: 1. */
  readonly outputs?: number;
}

/**
 * UNeXt: a U-Net (Ronneberger et al. 2015, arXiv 1505.04597) with a ResNeXt encoder, ASPP, pixel shuffle and a feature
 * pyramid, from the 3rd-place solution of HuBMAP "Hacking the Kidney" by Shujun He and Sejun Song.
 *
 * Takes normalized RGB N×3×H×W and returns all stages, `logits` N×C×H×W among them, with C of `outputs`.
 *
 * @example
 * ```ts
 * import { buildGraph } from "@tilewise/tilewise/graph";
 * import { unext, unext50Options } from "@tilewise/tilewise/models";
 *
 * const graph = buildGraph(
 *   { image: [1, 3, 256, 256] },
 *   ({ image }) => ({ logits: unext(image, unext50Options).logits }),
 * );
 * console.log(graph.outputs.logits.shape); // [1, 1, 256, 256]
 * ```
 *
 * @throws {RangeError} If height or width is not a multiple of 32, or the sizes are inconsistent.
 */
export function unext(
  image: Tensor,
  options: UnextOptions & UnextVariant,
): Record<UnextStage, Tensor> {
  const [, , height, width] = image.shape;
  if (height % 32 !== 0 || width % 32 !== 0) {
    throw cannot(
      "build UNeXt",
      "height and width must be multiples of 32",
      { received: [height, width], kind: RangeError },
    );
  }
  const { stem, decoder, globalPool = true, asppDropout = 0.5 } = options;
  const { outputs = 1 } = options;
  const enc0 = relu(
    batchNorm(
      conv2d(image, {
        name: "enc0.0",
        channels: stem,
        kernel: 7,
        stride: 2,
        padding: 3,
        bias: false,
      }),
      { name: "enc0.1" },
    ),
  );
  const stage = (x: Tensor, i: 0 | 1 | 2 | 3, name: string) =>
    resnextStage(x, {
      name,
      blocks: options.blocks[i],
      width: options.widths[i],
      groups: options.groups,
      channels: options.channels[i],
      stride: i === 0 ? 1 : 2,
    });
  const pooled = maxPool2d(enc0, { kernel: 3, stride: 2, padding: 1 });
  const enc1 = stage(pooled, 0, "enc1.1");
  const enc2 = stage(enc1, 1, "enc2");
  const enc3 = stage(enc2, 2, "enc3");
  const enc4 = stage(enc3, 3, "enc4");
  const pyramid = aspp(enc4, {
    aspp: options.aspp,
    globalPool,
    dropout: asppDropout,
  });
  const dec4 = upBlock(pyramid, enc3, { name: "dec4", channels: decoder[0] });
  const dec3 = upBlock(dec4, enc2, { name: "dec3", channels: decoder[1] });
  const dec2 = upBlock(dec3, enc1, { name: "dec2", channels: decoder[2] });
  const dec1 = upBlock(dec2, enc0, { name: "dec1", channels: decoder[3] });

  const branches = [pyramid, dec4, dec3, dec2].map((x, i) =>
    resizeBilinear(fpnBranch(x, { name: `fpn.convs.${i}`, ...options.fpn }), {
      scale: 16 / 2 ** i,
    })
  );
  const fpn = concat([...branches, dec1], { name: "fpn.concat" });
  const finalConv = conv2d(dropout2d(fpn, { probability: 0.1 }), {
    name: "final_conv.0",
    channels: outputs,
    kernel: 1,
  });
  return {
    enc0,
    enc1,
    enc2,
    enc3,
    enc4,
    aspp: pyramid,
    dec4,
    dec3,
    dec2,
    dec1,
    fpn,
    final_conv: finalConv,
    logits: resizeBilinear(finalConv, { scale: 2 }),
  };
}

function upBlock(
  below: Tensor,
  skip: Tensor,
  { name, channels }: { readonly name: string; readonly channels: number },
): Tensor {
  const widened = conv2d(below, {
    name: `${name}.shuf.0.0`,
    channels: below.shape[1] * 2,
    kernel: 1,
    weightNorm: true,
  });
  const shuffled = pixelShuffle(relu(widened), { factor: 2 });
  const joined = relu(
    concat([shuffled, batchNorm(skip, { name: `${name}.bn` })], {
      name: `${name}.concat`,
    }),
  );
  const conv = (x: Tensor, i: number) =>
    relu(
      conv2d(x, {
        name: `${name}.conv${i}.0`,
        channels,
        kernel: 3,
        padding: 1,
      }),
    );
  return conv(conv(joined, 1), 2);
}

function fpnBranch(
  input: Tensor,
  { name, mid, out }: {
    readonly name: string;
    readonly mid: number;
    readonly out: number;
  },
): Tensor {
  const conv = (x: Tensor, i: number, channels: number) =>
    conv2d(x, { name: `${name}.${i}`, channels, kernel: 3, padding: 1 });
  // Here, the ReLU comes before the batch norm.
  const x = batchNorm(relu(conv(input, 0, mid)), { name: `${name}.2` });
  return conv(x, 3, out);
}
