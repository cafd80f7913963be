import type { Program } from "../gpu/program.ts";
import { activation } from "../kernels/activation.ts";
import { add } from "../kernels/add.ts";
import { batchNorm } from "../kernels/batch_norm.ts";
import { concat } from "../kernels/concat.ts";
import { blocksOf } from "../kernels/conv2d.ts";
import { globalMaxPool } from "../kernels/global_max_pool.ts";
import { maxPool2d } from "../kernels/max_pool2d.ts";
import { packAffine } from "../kernels/pack_weights.ts";
import { pixelShuffle } from "../kernels/pixel_shuffle.ts";
import { resizeBilinear } from "../kernels/resize_bilinear.ts";
import type { Precision } from "../kernels/specialize.ts";
import { affineParameters } from "./affine_parameters.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_variant.ts";
import { lowerConv2d } from "./lower_conv2d.ts";
import type { Parameter } from "./parameter.ts";
import type { Tensor } from "./tensor.ts";

/** Values that a kernel reads beside tensors: packed parameters. */
export interface Constant {
  /** Names the values and their packing; equal keys mean equal bytes. */
  readonly key: string;
  /** What is packed. */
  readonly parameters: readonly Parameter[];
  /** Packs the parameters' values. */
  pack(...values: Float32Array[]): ArrayBuffer;
}

/** Values that are made on the GPU of packed parameters, once. */
export interface ComputedConstant {
  /** Names the values; equal keys mean equal bytes. */
  readonly key: string;
  /** What it is made of. */
  readonly source: Constant;
  /** The binding of `program` that reads the source; the values are its `output`. */
  readonly binding: string;
  /** What makes it. */
  readonly program: Program;
  /** How many bytes it is. */
  readonly bytes: number;
}

/** Room that a node needs while it runs; one object for one place. */
export interface Scratch {
  /** Bytes. */
  readonly size: number;
}

/** What graphs are lowered for. */
export interface Target {
  /** How tensors and weights are stored. */
  readonly precision: Precision;
  /** Threads of a subgroup; 0 where subgroups cannot be used. */
  readonly subgroupSize: number;
  /** The best way for a convolution, where it was measured. */
  readonly variantOf?: (problem: Conv2dProblem) => Conv2dVariant | undefined;
}

/** A program and what to bind to it; `output` is the node's tensor where nothing else is bound to it. */
export interface Operation {
  /** The shader, specialised. */
  readonly program: Program;
  /** Tensors by the names of their bindings. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Constants by the names of their bindings. */
  readonly constants: Readonly<Record<string, Constant | ComputedConstant>>;
  /** Room of the node's own by the names of bindings. */
  readonly scratch?: Readonly<Record<string, Scratch>>;
  /** Floating-point operations of the layer, two a multiply-add; 0 without it. */
  readonly flops?: number;
}

/** Chooses the kernels for a node, to be run in order; none for an input. */
export function lowerNode(node: Tensor, target: Target): readonly Operation[] {
  if (node.op === "input") return [];
  if (node.op === "conv2d") return lowerConv2d(node, target);
  return [lowerPlain(node, target)];
}

function lowerPlain(
  node: Exclude<Tensor, { readonly op: "input" | "conv2d" }>,
  { precision }: Target,
): Operation {
  const [batch, channels, height, width] = node.shape;
  const planes = batch * blocksOf(channels);
  const pixels = height * width;
  const [input] = node.inputs;
  const inputSize = [input.shape[2], input.shape[3]] as const;
  const outputSize = [height, width] as const;
  const single = (program: Program): Operation => ({
    program,
    tensors: { input },
    constants: {},
  });
  switch (node.op) {
    case "batch_norm": {
      const { scale, shift } = affineParameters(node);
      return {
        ...single(
          batchNorm.program(
            { batch, blocks: blocksOf(channels), pixels, relu: node.relu },
            precision,
          ),
        ),
        constants: { affine: affineConstant(scale, shift) },
      };
    }
    case "max_pool2d":
      return single(
        maxPool2d.program(
          {
            planes,
            inputSize,
            outputSize,
            kernel: node.kernel,
            stride: node.stride,
            padding: node.padding,
          },
          precision,
        ),
      );
    case "global_max_pool":
      return single(
        globalMaxPool.program(
          { planes, pixels: inputSize[0] * inputSize[1] },
          precision,
        ),
      );
    case "pixel_shuffle": {
      const inputChannels = input.shape[1];
      return single(
        pixelShuffle.program(
          { batch, inputChannels, inputSize, factor: node.factor },
          precision,
        ),
      );
    }
    case "resize_bilinear": {
      const { residual } = node;
      const program = resizeBilinear.program(
        { planes, inputSize, outputSize, residual, single: channels === 1 },
        precision,
      );
      const [, added] = node.inputs;
      return residual
        ? { program, tensors: { input, residual: added }, constants: {} }
        : single(program);
    }
    case "relu":
    case "sigmoid":
      return single(
        activation.program({ planes, pixels, function: node.op }, precision),
      );
    case "dropout2d":
      throw new TypeError(
        `Cannot lower "${node.name}" as dropout is for training: received an inference graph with dropout2d`,
      );
    case "add": {
      const [a, b] = node.inputs;
      const program = add.program(
        { planes, pixels, relu: node.relu },
        precision,
      );
      return { program, tensors: { a, b }, constants: {} };
    }
    case "concat": {
      const inputChannels = node.inputs.map(({ shape }) => shape[1]);
      return {
        program: concat.program({ batch, inputChannels, pixels }, precision),
        tensors: Object.fromEntries(
          node.inputs.map((part, i) => [`input${i}`, part]),
        ),
        constants: {},
      };
    }
  }
}

/** Scale and shift as kernels read them. */
export function affineConstant(scale: Parameter, shift: Parameter): Constant {
  return {
    key: `affine ${scale.name} ${shift.name}`,
    parameters: [scale, shift],
    pack: packAffine,
  };
}
