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

/** What graphs are lowered for. */
export interface Target {
  /** How tensors and weights are stored. */
  readonly precision: Precision;
  /** Threads of a subgroup; 0 where subgroups cannot be used. */
  readonly subgroupSize: number;
}

/** A node as a program and what to bind to it; the program's `output` is the node's tensor. */
export interface Operation {
  /** The shader, specialised. */
  readonly program: Program;
  /** Tensors by the names of their bindings. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Constants by the names of their bindings. */
  readonly constants: Readonly<Record<string, Constant>>;
}

/** Chooses the kernel for a node, or returns `undefined` for an input. */
export function lowerNode(
  node: Tensor,
  { precision, subgroupSize }: Target,
): Operation | undefined {
  const [batch, channels, height, width] = node.shape;
  const planes = batch * blocksOf(channels);
  const pixels = height * width;
  const [input] = node.inputs;
  const inputSize = input
    ? [input.shape[2], input.shape[3]] as const
    : [0, 0] as const;
  const outputSize = [height, width] as const;
  const single = (program: Program): Operation => ({
    program,
    tensors: { input },
    constants: {},
  });
  switch (node.op) {
    case "input":
      return undefined;
    case "conv2d":
      return lowerConv2d(node, { precision, subgroupSize });
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
    case "resize_bilinear":
      return single(
        resizeBilinear.program({ planes, inputSize, outputSize }, precision),
      );
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
