import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode bceWithLogits}. */
export interface BceWithLogitsParams {
  /** Number of logits in all images. */
  readonly count: number;
  /** Whether targets may be unknown. Default: false. */
  readonly hasUnknown?: boolean;
}

/** Number of workgroups of {@linkcode bceWithLogits}, which is also that of its partial sums. */
export function lossWorkgroups(
  { count }: Pick<BceWithLogitsParams, "count">,
): number {
  return Math.min(256, Math.ceil(count / 256));
}

/** Binary cross-entropy with logits and its gradient; shader `loss/bce_with_logits.wgsl`. */
export const bceWithLogits: Kernel<BceWithLogitsParams> = defineKernel({
  name: "bce_with_logits",
  source: shaders.bceWithLogits,
  constants: (params: BceWithLogitsParams) => ({
    count: params.count,
    step: lossWorkgroups(params) * 256,
    has_unknown: params.hasUnknown ?? false,
  }),
  workgroups: (params) => [lossWorkgroups(params), 1, 1],
});

/** Counts the pixels whose target is known, per workgroup; shader `loss/count_known.wgsl`. */
export const countKnown: Kernel<Pick<BceWithLogitsParams, "count">> =
  defineKernel({
    name: "count_known",
    source: shaders.countKnown,
    constants: (params: Pick<BceWithLogitsParams, "count">) => ({
      count: params.count,
      step: lossWorkgroups(params) * 256,
    }),
    workgroups: (params) => [lossWorkgroups(params), 1, 1],
  });

/** Parameters of {@linkcode mean}. */
export interface MeanParams {
  /** Number of partial sums. */
  readonly length: number;
  /** The divisor of their sum, or with `hasUnknown` that per known pixel. */
  readonly count: number;
  /** Whether to divide by the number of known pixels as well. Default: false. */
  readonly hasUnknown?: boolean;
}

/** Computes a mean from partial sums; shader `loss/mean.wgsl`. */
export const mean: Kernel<MeanParams> = defineKernel({
  name: "mean",
  source: shaders.mean,
  constants: ({ length, count, hasUnknown = false }: MeanParams) => ({
    ...{ length, count },
    has_unknown: hasUnknown,
  }),
  workgroups: () => [1, 1, 1],
});

/** The size of logits of several channels, in blocks of four. */
export interface ClassLogits {
  /** Number of images. */
  readonly images: number;
  /** Pixels of an image. */
  readonly pixels: number;
  /** Channels of the logits. */
  readonly channels: number;
  /** Whether targets may be unknown. Default: false. */
  readonly hasUnknown?: boolean;
}

const blocksOf = ({ channels }: ClassLogits) => Math.ceil(channels / 4);
const vectorsOf = (logits: ClassLogits) =>
  logits.images * logits.pixels * blocksOf(logits);

/** Number of workgroups of {@linkcode bceOfClasses}, and of its partial sums. */
export function classLossWorkgroups(logits: ClassLogits): number {
  return lossWorkgroups({ count: vectorsOf(logits) });
}

/** Binary cross-entropy of several classes, each apart from the others; shader `loss/bce_of_classes.wgsl`. */
export const bceOfClasses: Kernel<ClassLogits> = defineKernel({
  name: "bce_of_classes",
  source: shaders.bceOfClasses,
  constants: (logits: ClassLogits) => ({
    images: logits.images,
    pixels: logits.pixels,
    classes: logits.channels,
    blocks: blocksOf(logits),
    step: classLossWorkgroups(logits) * 256,
    has_unknown: logits.hasUnknown ?? false,
  }),
  workgroups: (logits) => [classLossWorkgroups(logits), 1, 1],
});

const sizesOf = (logits: ClassLogits) => ({
  images: logits.images,
  pixels: logits.pixels,
  channels: logits.channels,
  blocks: blocksOf(logits),
  has_unknown: logits.hasUnknown ?? false,
});

/** Number of workgroups for the pixels of all images. */
const pixelWorkgroups = ({ images, pixels }: ClassLogits) =>
  lossWorkgroups({ count: images * pixels });

/** Bytes of the partial sums of {@linkcode softmaxSums}. */
export function softmaxSumBytes(logits: ClassLogits): number {
  return blocksOf(logits) * pixelWorkgroups(logits) * 64;
}

/** Bytes of the totals of {@linkcode softmaxTotals}. */
export function softmaxTotalBytes(logits: ClassLogits): number {
  return blocksOf(logits) * 64;
}

/** Sums for cross-entropy and Dice of a softmax, per workgroup; shader `loss/softmax_sums.wgsl`. */
export const softmaxSums: Kernel<ClassLogits> = defineKernel({
  name: "softmax_sums",
  source: shaders.softmaxSums,
  constants: (logits: ClassLogits) => ({
    ...sizesOf(logits),
    groups: pixelWorkgroups(logits),
  }),
  workgroups: (logits) => [pixelWorkgroups(logits), blocksOf(logits), 1],
});

/** Cross-entropy and Dice of a softmax, from their sums; shader `loss/softmax_totals.wgsl`. */
export const softmaxTotals: Kernel<ClassLogits> = defineKernel({
  name: "softmax_totals",
  source: shaders.softmaxTotals,
  constants: (logits: ClassLogits) => ({
    channels: logits.channels,
    blocks: blocksOf(logits),
    groups: pixelWorkgroups(logits),
    count: logits.images * logits.pixels,
    has_unknown: logits.hasUnknown ?? false,
  }),
  workgroups: () => [1, 1, 1],
});

/** The gradient of cross-entropy and Dice of a softmax; shader `loss/softmax_gradient.wgsl`. */
export const softmaxGradient: Kernel<ClassLogits> = defineKernel({
  name: "softmax_gradient",
  source: shaders.softmaxGradient,
  constants: (logits: ClassLogits) => ({
    ...sizesOf(logits),
    step: pixelWorkgroups(logits) * 256,
  }),
  workgroups: (logits) => [pixelWorkgroups(logits), 1, 1],
});
