import { blocksOf } from "../kernels/conv/conv2d.ts";

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

/** Values that a layer learns, or that follow from such values. */
export interface Parameter {
  /** Its name, as a state dict has it; for derived ones, of the layer that uses it. */
  readonly name: string;
  /** Its sizes, outermost first. */
  readonly shape: readonly number[];
  /** How it follows from others. Default: it is learned. */
  readonly derived?: Derivation;
}

/** How a parameter follows from others. */
export type Derivation = ComputedDerivation | WeightNormDerivation;

/** Values that a rewrite computes from others, as a folded batch norm. */
export interface ComputedDerivation {
  /** Which rule. */
  readonly rule: "computed";
  /** What it follows from. */
  readonly sources: readonly Parameter[];
  /** Its values from theirs. */
  compute(...values: Float32Array[]): Float32Array;
}

/** The weight `g * v / ‖v‖`, with the norm over all but the first dimension (Salimans, Kingma 2016, arXiv 1602.07868). */
export interface WeightNormDerivation {
  /** Which rule. */
  readonly rule: "weight_norm";
  /** The direction, of the weight's shape. */
  readonly v: Parameter;
  /** The length for each output channel. */
  readonly g: Parameter;
}

/** Gives a learned parameter's values. */
export type ParameterValues = (name: string) => Float32Array;

/** A parameter's direction and length where it is weight-normalized. */
export function weightNormOf(
  { derived }: Parameter,
): WeightNormDerivation | undefined {
  return derived?.rule === "weight_norm" ? derived : undefined;
}

/** The learned parameters that a parameter follows from; itself where it is learned. */
export function learnedParameters(parameter: Parameter): Parameter[] {
  const { derived } = parameter;
  return derived ? sourcesOf(derived).flatMap(learnedParameters) : [parameter];
}

/** A parameter's values, from those of the learned ones. */
export function evaluateParameter(
  parameter: Parameter,
  values: ParameterValues,
): Float32Array {
  const { derived } = parameter;
  if (!derived) return values(parameter.name);
  const sources = sourcesOf(derived)
    .map((source) => evaluateParameter(source, values));
  return derived.rule === "computed"
    ? derived.compute(...sources)
    : normalizeWeight(sources[0], sources[1]);
}

function sourcesOf(derived: Derivation): readonly Parameter[] {
  return derived.rule === "computed" ? derived.sources : [derived.v, derived.g];
}

/** `g * v / ‖v‖` for each of `g`'s channels. */
export function normalizeWeight(
  v: Float32Array,
  g: Float32Array,
): Float32Array {
  const result = new Float32Array(v.length);
  const size = v.length / g.length;
  for (let channel = 0; channel < g.length; channel++) {
    const start = channel * size;
    let squares = 0;
    for (let i = start; i < start + size; i++) squares += v[i] * v[i];
    const scale = g[channel] / Math.sqrt(squares);
    for (let i = start; i < start + size; i++) result[i] = v[i] * scale;
  }
  return result;
}
