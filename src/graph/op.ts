import type { Hardware } from "../gpu/hardware.ts";
import type { Program } from "../gpu/program.ts";
import { packAffine } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_problem.ts";
import type { Op, Parameter, Tensor } from "./tensor.ts";

/** Packed parameters that a kernel reads. */
export interface Constant {
  /** Identifies the values and their packing: equal keys mean equal bytes. */
  readonly key: string;
  readonly parameters: readonly Parameter[];
  /** Packs the parameters' values. */
  pack(...values: Float32Array[]): ArrayBuffer;
}

/** A scale and a shift per channel. */
export interface Affine {
  readonly scale: Parameter;
  readonly shift: Parameter;
}

/** Scale and shift as a packed constant. */
export function affineConstant({ scale, shift }: Affine): Constant {
  return {
    key: `affine ${scale.name} ${shift.name}`,
    parameters: [scale, shift],
    pack: packAffine,
  };
}

/** Values that are computed once on the GPU from packed parameters. */
export interface ComputedConstant {
  /** Identifies the values: equal keys mean equal bytes. */
  readonly key: string;
  readonly source: Constant;
  /** The binding of `program` that reads the source; the values are its `output`. */
  readonly binding: string;
  readonly program: Program;
  readonly bytes: number;
}

/** Temporary memory of a node; each object is one allocation. */
export interface Scratch {
  /** Bytes. */
  readonly size: number;
}

/** The device and the precision that graphs are lowered for. */
export interface Target {
  /** How tensors and weights are stored. */
  readonly precision: Precision;
  /** Threads per subgroup; 0 if subgroups are unavailable. */
  readonly subgroupSize: number;
  /** What the GPU is; none for software adapters. */
  readonly hardware?: Hardware;
  /** The fastest variant of a convolution, if it was measured. */
  readonly variantOf?: (problem: Conv2dProblem) => Conv2dVariant | undefined;
}

/** A program and its bindings. `output` is the node's tensor unless bound to something else. */
export interface Operation {
  readonly program: Program;
  /** Tensors by binding. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Constants by binding. Default: none. */
  readonly constants?: Readonly<Record<string, Constant | ComputedConstant>>;
  /** Temporary memory by binding. Default: none. */
  readonly scratch?: Readonly<Record<string, Scratch>>;
  /** Floating-point operations of the layer, two per multiply-add. Default: 0. */
  readonly flops?: number;
}

/** An attribute of an operator: an integer, a list of integers, a string, or a float as `{ float }`. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number };

/** A constant input of an operator: a parameter, values named by their role, or an omitted input. */
export type OnnxConstant =
  | Parameter
  | { readonly role: string; readonly values: readonly bigint[] | Float32Array }
  | "";

/** What an operator reads: an input of the node, the result of an earlier operator of its chain, or a constant. */
export type OnnxOperand =
  | { readonly input: number }
  | { readonly step: number }
  | OnnxConstant;

/** A layer as an ONNX operator. */
export interface OnnxForm {
  /** The operator's name, such as `Conv`. */
  readonly operator: string;
  /** All that it reads. Default: the result before it, of the first operator the node's inputs; then `constants`. */
  readonly operands?: readonly OnnxOperand[];
  /** Inputs after the tensors. Default: none. */
  readonly constants?: readonly OnnxConstant[];
  /** Default: none. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** Operations that rewrites fuse into a layer's kernel, in this order. */
export interface Epilogue {
  /** A tensor of the result's shape to add. */
  readonly residual?: Tensor;
  /** Whether negative results become zero. */
  readonly relu: boolean;
}

/** Everything the graph knows about a kind of layer. */
export interface OpDefinition<N extends Tensor> {
  /** The layer's name, such as `conv2d`. */
  readonly name: string;
  /** Chooses the kernels for a node, in the order they run. */
  lower(node: N, target: Target, epilogue: Epilogue): readonly Operation[];
  /** The packed constants, which do not depend on the image's size. Default: none. */
  constants?(node: N, precision: Precision): readonly Constant[];
  /** Floating-point operations, two per multiply-add. Default: 0. */
  flops?(node: N): number;
  /** ONNX operators in a chain, the first of which reads the node's inputs. */
  onnx(node: N): readonly OnnxForm[];
  /** The steps of an {@linkcode Epilogue} that the kernel supports. Default: none. */
  readonly fuses?: readonly (keyof Epilogue)[];
  /** Whether results are known to be non-negative. Default: false. */
  nonNegative?(node: N): boolean;
  /** Whether the padding of the last block of four channels is zero. Default: if true of all inputs. */
  padsWithZeros?(node: N): boolean;
  /** The node with its inputs replaced. Default: replaces only `inputs`. */
  withInputs?(node: N, replace: (input: Tensor) => Tensor): N;
}

/** A kind of layer, which creates and recognizes its nodes. */
export interface DefinedOp<N extends Tensor> extends OpDefinition<N>, Op {
  /** Whether a node is of this kind. */
  is(node: Tensor): node is N;
  /** Creates a node. Its name derives from that of the first input by default. */
  node(fields: NodeFields<N>): N;
}

type NodeFields<N extends Tensor> =
  & Omit<N, "op" | "name" | "parameters">
  & Partial<Pick<Tensor, "name" | "parameters">>;

/** Defines a kind of layer: everything the graph knows about it, in one place. */
export function defineOp<N extends Tensor = Tensor>(
  definition: OpDefinition<N>,
): DefinedOp<N> {
  const op: DefinedOp<N> = {
    ...definition,
    is: (node): node is N => node.op === op,
    node({ inputs, ...fields }) {
      const name = `${inputs[0]?.name}.${definition.name}`;
      return { op, name, parameters: {}, inputs, ...fields } as unknown as N;
    },
  };
  return op;
}

const NO_EPILOGUE: Epilogue = { relu: false };

/** The kind of a node. All nodes are created by kinds from {@linkcode defineOp}. */
export function opOf({ op }: Tensor): DefinedOp<Tensor> {
  return op as DefinedOp<Tensor>;
}

/** The kernels for a node, in the order they run; none for an input. */
export function lowerNode(
  node: Tensor,
  target: Target,
  epilogue: Epilogue = NO_EPILOGUE,
): readonly Operation[] {
  return opOf(node).lower(node, target, epilogue);
}

/** The packed constants of a node, which do not depend on the image's size. */
export function constantsOf(
  node: Tensor,
  precision: Precision,
): readonly Constant[] {
  return opOf(node).constants?.(node, precision) ?? [];
}

/** Floating-point operations of a layer, two per multiply-add; 0 for layers with negligible computation. */
export function flopsOf(node: Tensor): number {
  return opOf(node).flops?.(node) ?? 0;
}

/** Whether a tensor is known to be non-negative. */
export function isNonNegative(node: Tensor): boolean {
  return opOf(node).nonNegative?.(node) ?? false;
}

/** Whether the padding of a tensor's last block of four channels is zero. */
export function padsWithZeros(node: Tensor): boolean {
  return opOf(node).padsWithZeros?.(node) ?? node.inputs.every(padsWithZeros);
}

/** A node with its inputs replaced. */
export function withInputs(
  node: Tensor,
  replace: (input: Tensor) => Tensor,
): Tensor {
  return opOf(node).withInputs?.(node, replace) ??
    { ...node, inputs: node.inputs.map(replace) };
}
