import type { Program } from "../gpu/program.ts";
import { packAffine } from "../kernels/pack_weights.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_variant.ts";
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

/** What a channel is multiplied by, and what is added then. */
export interface Affine {
  readonly scale: Parameter;
  readonly shift: Parameter;
}

/** Scale and shift as kernels read them. */
export function affineConstant({ scale, shift }: Affine): Constant {
  return {
    key: `affine ${scale.name} ${shift.name}`,
    parameters: [scale, shift],
    pack: packAffine,
  };
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
  /** The shader, specialized. */
  readonly program: Program;
  /** Tensors by the names of their bindings. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Constants by the names of their bindings. Default: none. */
  readonly constants?: Readonly<Record<string, Constant | ComputedConstant>>;
  /** Room of the node's own by the names of bindings. Default: none. */
  readonly scratch?: Readonly<Record<string, Scratch>>;
  /** Floating-point operations of the layer, two a multiply-add. Default: 0. */
  readonly flops?: number;
}
