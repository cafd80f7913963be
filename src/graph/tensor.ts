import type { BatchNormNode } from "./layers/batch_norm.ts";
import type { Conv2dNode } from "./layers/conv2d.ts";
import type { Parameter } from "./parameter.ts";

/** Sizes of a tensor. */
export type Shape = readonly [
  batch: number,
  channels: number,
  height: number,
  width: number,
];

/** What every node of a graph has: the layer that makes it, the layer's inputs, and the shape of the result. */
export interface NodeBase {
  /** Which layer. */
  readonly op: string;
  /** The layer's name; with parameters, the prefix of their names. */
  readonly name: string;
  /** What the layer reads. */
  readonly inputs: readonly Tensor[];
  /** Shape of the result. */
  readonly shape: Shape;
  /** What the layer learns, by role. */
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/** A graph's input. */
export interface InputNode extends NodeBase {
  /** Which layer. */
  readonly op: "input";
}

/** Layers without parameters or options. */
export interface PlainNode extends NodeBase {
  /** Which layer. */
  readonly op: "relu" | "sigmoid" | "global_max_pool" | "concat";
}

/** Sum of two tensors. */
export interface AddNode extends NodeBase {
  /** Which layer. */
  readonly op: "add";
  /** Whether negative sums become zero. */
  readonly relu: boolean;
}

/** Maximum over windows. */
export interface MaxPool2dNode extends NodeBase {
  /** Which layer. */
  readonly op: "max_pool2d";
  /** Side of the window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
  /** Pixels around the input that never win. */
  readonly padding: number;
}

/** Channels into neighbouring pixels. */
export interface PixelShuffleNode extends NodeBase {
  /** Which layer. */
  readonly op: "pixel_shuffle";
  /** How much larger the result is, each way. */
  readonly factor: number;
}

/** Bilinear resize. */
export interface ResizeBilinearNode extends NodeBase {
  /** Which layer. */
  readonly op: "resize_bilinear";
  /** Whether the second of `inputs`, of the result's shape, is added to it. */
  readonly residual: boolean;
}

/** Whole channels set to zero at random, in training only. */
export interface Dropout2dNode extends NodeBase {
  /** Which layer. */
  readonly op: "dropout2d";
  /** Share of the channels. */
  readonly probability: number;
}

/** A symbolic tensor: the result of a layer, as a node of the graph. */
export type Tensor =
  | InputNode
  | PlainNode
  | AddNode
  | Conv2dNode
  | BatchNormNode
  | MaxPool2dNode
  | PixelShuffleNode
  | ResizeBilinearNode
  | Dropout2dNode;

/** A shape in words, as `1×64×128×128`. */
export function formatShape(shape: readonly number[]): string {
  return shape.join("×");
}
