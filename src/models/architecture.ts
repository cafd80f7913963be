import type { Parameter } from "../graph/parameter.ts";
import type { Tensor } from "../graph/tensor.ts";

/**
 * A network that finds something in RGB images: N×3×H×W in, N×1×H×W logits out.
 *
 * @example
 * ```ts
 * import { type Architecture, conv2d, relu } from "@tilewise/tilewise";
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
  /** Its name, for messages and results. */
  readonly name: string;
  /** What checkpoints may hold though the network has no use for it; new checkpoints get it, for who loads them strictly. */
  readonly unused?: readonly Parameter[];
  /**
   * How the network's input is scaled where neither its checkpoint nor the caller says it: the mean that is taken from pixels
   * of 0 to 1, and the deviation they are then divided by; red, green, blue. Default: `hubmapNormalization`.
   */
  readonly normalization?: {
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
  /** Builds the network: normalised RGB N×3×H×W to logits N×1×H×W. */
  forward(image: Tensor): Tensor;
}
