import type { Parameter, Tensor } from "../graph/tensor.ts";
import { unext, type UnextVariant } from "./unext.ts";
import {
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "./unext_options.ts";

/**
 * A segmentation network: RGB N×3×H×W in, logits N×C×H×W out, where C is 1, or as many as its classes need.
 *
 * @example
 * ```ts
 * import { type Architecture } from "@tilewise/tilewise/models";
 * import { conv2d, relu } from "@tilewise/tilewise/graph";
 *
 * const tiny: Architecture = {
 *   name: "tiny",
 *   forward(image) {
 *     const x = relu(conv2d(image, { name: "a", channels: 8, kernel: 3, padding: 1 }));
 *     return conv2d(x, { name: "b", channels: 1, kernel: 1 });
 *   },
 * };
 * console.log(tiny.name);
 * ```
 */
export interface Architecture {
  /** Name in messages and results. */
  readonly name: string;
  /**
   * Parameters of checkpoints that the network does not use. New checkpoints contain them, so that PyTorch loads them
   * with `strict=True`.
   */
  readonly unused?: readonly Parameter[];
  /**
   * Normalization of the input if neither the checkpoint nor the caller specifies one: mean and standard deviation of red,
   * green and blue, for pixel values from 0 to 1. Default: `hubmapNormalization`.
   */
  readonly normalization?: {
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
  /** The only side of pictures that it takes, if there is one, as of an ONNX file of a fixed size. */
  readonly side?: number;
  /** What makes probabilities of its logits, if the network itself says so, as an ONNX file that ends in a softmax. */
  readonly activation?: "sigmoid" | "softmax";
  /** Builds the network: normalized RGB N×3×H×W to logits N×C×H×W. */
  forward(image: Tensor): Tensor;
}

/** Makes an architecture of a UNeXt with these sizes. */
export function unextArchitecture(
  name: string,
  options: UnextOptions & UnextVariant,
): Architecture {
  const { mid, out, dilations } = options.aspp;
  return {
    name,
    // In the authors' checkpoints, but never used.
    unused: [{
      name: "aspp.conv1.weight",
      shape: [out, mid * (dilations.length + 2), 1, 1],
    }],
    forward: (image) => unext(image, options).logits,
  };
}

/** UNeXt50, as in the 3rd-place solution of HuBMAP "Hacking the Kidney". */
export const unext50: Architecture = unextArchitecture(
  "unext50",
  unext50Options,
);

/** UNeXt101, as in the 3rd-place solution of HuBMAP "Hacking the Kidney". */
export const unext101: Architecture = unextArchitecture(
  "unext101",
  unext101Options,
);
