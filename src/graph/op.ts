import type { Program } from "../gpu/program.ts";
import { packAffine } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_variant.ts";
import type { Op, Parameter, Tensor } from "./tensor.ts";

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

/** An attribute of an operator: an integer, integers, a text, or a float as `{ float }`. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number };

/** What an operator reads beside tensors: a parameter, values that are told apart by a role, or nothing in that place. */
export type OnnxConstant =
  | Parameter
  | { readonly role: string; readonly values: readonly bigint[] | Float32Array }
  | "";

/** A layer as an ONNX operator. */
export interface OnnxForm {
  /** The operator's name, as `Conv`. */
  readonly operator: string;
  /** What it reads after its tensors. Default: nothing. */
  readonly constants?: readonly OnnxConstant[];
  /** Its attributes. Default: none. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** What rewrites have a layer's kernel do with its results, in this order. */
export interface Epilogue {
  /** A tensor of the result's shape, to be added. */
  readonly residual?: Tensor;
  /** Whether negative results become zero. */
  readonly relu: boolean;
}

/** All that is known of a kind of layer. */
export interface OpDefinition<N extends Tensor> {
  /** The layer's name, as `conv2d`. */
  readonly name: string;
  /** Chooses the kernels for a node, to be run in order. */
  lower(node: N, target: Target, epilogue: Epilogue): readonly Operation[];
  /** What is packed of its parameters, whatever the image's size. Default: nothing. */
  constants?(node: N, precision: Precision): readonly Constant[];
  /** Floating-point operations, two a multiply-add. Default: 0, as it hardly computes. */
  flops?(node: N): number;
  /** ONNX operators, the first of which reads the node's inputs, and each other one the result before. */
  onnx(node: N): readonly OnnxForm[];
  /** The steps of an {@linkcode Epilogue} that its kernel can do. Default: none. */
  readonly fuses?: readonly (keyof Epilogue)[];
  /** Whether no result can be negative, as far as the layers tell. Default: no. */
  nonNegative?(node: N): boolean;
  /** Whether what pads its last block of four channels is zero. Default: where that of its inputs is. */
  padsWithZeros?(node: N): boolean;
  /** The node with other inputs. Default: `inputs` alone are replaced. */
  withInputs?(node: N, replace: (input: Tensor) => Tensor): N;
}

/** A kind of layer, and what makes and recognizes its nodes. */
export interface DefinedOp<N extends Tensor> extends OpDefinition<N>, Op {
  /** Whether a node is of this kind. */
  is(node: Tensor): node is N;
  /** Makes a node; its name follows from its first input's unless it is given. */
  node(fields: NodeFields<N>): N;
}

type NodeFields<N extends Tensor> =
  & Omit<N, "op" | "name" | "parameters">
  & Partial<Pick<Tensor, "name" | "parameters">>;

/** Defines a kind of layer: all that the graph has to know of it, in one place. */
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

/** The kind of a node. All nodes are made by kinds from {@linkcode defineOp}. */
export function opOf({ op }: Tensor): DefinedOp<Tensor> {
  return op as DefinedOp<Tensor>;
}

/** The kernels for a node, to be run in order; none for an input. */
export function lowerNode(
  node: Tensor,
  target: Target,
  epilogue: Epilogue = NO_EPILOGUE,
): readonly Operation[] {
  return opOf(node).lower(node, target, epilogue);
}

/** What is packed of a node's parameters, whatever the image's size. */
export function constantsOf(
  node: Tensor,
  precision: Precision,
): readonly Constant[] {
  return opOf(node).constants?.(node, precision) ?? [];
}

/** Floating-point operations of a layer, two a multiply-add; 0 for layers that hardly compute. */
export function flopsOf(node: Tensor): number {
  return opOf(node).flops?.(node) ?? 0;
}

/** Whether a tensor cannot be below zero, as far as its layers tell. */
export function isNonNegative(node: Tensor): boolean {
  return opOf(node).nonNegative?.(node) ?? false;
}

/** Whether what pads a tensor's last block of four channels is zero, where it is not of a weight's own making. */
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
