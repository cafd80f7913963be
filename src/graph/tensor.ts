import { blocksOf } from "../kernels/conv/conv2d.ts";
import type { Parameter } from "./parameter.ts";

/** Sizes of a tensor. */
export type Shape = readonly [
  batch: number,
  channels: number,
  height: number,
  width: number,
];

/** Which layer makes a tensor. */
export interface Op {
  /** The layer's name, as `conv2d`. */
  readonly name: string;
}

/** A symbolic tensor: the result of a layer, as a node of the graph. */
export interface Tensor {
  /** Which layer makes it. */
  readonly op: Op;
  /** The layer's name; with parameters, the prefix of their names. */
  readonly name: string;
  /** What the layer reads. */
  readonly inputs: readonly Tensor[];
  /** Shape of the result. */
  readonly shape: Shape;
  /** What the layer learns, by role. */
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/** A shape in words, as `1×64×128×128`. */
export function formatShape(shape: readonly number[]): string {
  return shape.join("×");
}

/** A tensor's planes of four channels, and the pixels of each. */
export function planesOf(
  { shape: [batch, channels, height, width] }: Tensor,
): { readonly planes: number; readonly pixels: number } {
  return { planes: batch * blocksOf(channels), pixels: height * width };
}

/** A tensor's height and width. */
export function sizeOf(
  { shape: [, , height, width] }: Tensor,
): readonly [height: number, width: number] {
  return [height, width];
}
