import { cannot } from "../errors/cannot.ts";
import { blocksOf } from "../kernels/conv/conv2d.ts";

/**
 * Sizes of a tensor.
 *
 * @category Graphs
 */
export type Shape = readonly [
  batch: number,
  channels: number,
  height: number,
  width: number,
];

/**
 * The kind of layer that computes a tensor.
 *
 * @category Graphs
 */
export interface Op {
  /** The layer's name, such as `conv2d`. */
  readonly name: string;
}

/**
 * A symbolic tensor: the result of a layer, as a node of the graph.
 *
 * @category Graphs
 */
export interface Tensor {
  /** The kind of layer that computes it. */
  readonly op: Op;
  /** The layer's name, which is the prefix of its parameters' names. */
  readonly name: string;
  /** The layer's inputs. */
  readonly inputs: readonly Tensor[];
  /** Shape of the result. */
  readonly shape: Shape;
  /** The layer's parameters by role. */
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/** Formats a shape, such as `1×64×128×128`. */
export function formatShape(shape: readonly number[]): string {
  return shape.join("×");
}

/** Number of planes of four channels, and of pixels per plane. */
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

/**
 * Values that are learned, or derived from learned ones.
 *
 * @category Parameters
 */
export interface Parameter {
  /** Its name in the state dict; derived parameters are named after their layer. */
  readonly name: string;
  /** Its sizes, outermost first. */
  readonly shape: readonly number[];
  /** How it is derived from others. Default: it is learned. */
  readonly derived?: Derivation;
}

/**
 * How a parameter is derived from others.
 *
 * @category Parameters
 */
export type Derivation = ComputedDerivation | WeightNormDerivation;

/**
 * Values that a rewrite computes from others, such as a folded batch norm.
 *
 * @category Parameters
 */
export interface ComputedDerivation {
  /** Which rule. */
  readonly rule: "computed";
  /** The parameters it is derived from. */
  readonly sources: readonly Parameter[];
  /** Computes its values from theirs. */
  compute(...values: Float32Array[]): Float32Array;
}

/**
 * The weight `g * v / ‖v‖`, with the norm over all but the first dimension (Salimans, Kingma 2016, arXiv 1602.07868).
 *
 * @category Parameters
 */
export interface WeightNormDerivation {
  /** Which rule. */
  readonly rule: "weight_norm";
  /** The direction, of the weight's shape. */
  readonly v: Parameter;
  /** The length per output channel. */
  readonly g: Parameter;
}

/** A parameter of one value per channel, in the shape that ONNX repeats over pixels. */
export function perChannel(parameter: Parameter): Parameter {
  return {
    name: `${parameter.name} per channel`,
    shape: [...parameter.shape, 1, 1],
    derived: {
      rule: "computed",
      sources: [parameter],
      compute: (values) => values,
    },
  };
}

/** Returns a learned parameter's values. */
export type ParameterValues = (name: string) => Float32Array;

/** The direction and length of a weight-normalized parameter. */
export function weightNormOf(
  { derived }: Parameter,
): WeightNormDerivation | undefined {
  return derived?.rule === "weight_norm" ? derived : undefined;
}

/** The learned parameters that a parameter is derived from, or the parameter itself if learned. */
export function learnedParameters(parameter: Parameter): Parameter[] {
  const { derived } = parameter;
  return derived ? sourcesOf(derived).flatMap(learnedParameters) : [parameter];
}

/** Computes a parameter's values from those of the learned ones. */
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

/** Computes `g * v / ‖v‖` for each output channel. */
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

/** Throws if an option of a layer is not an integer, or less than `least`. */
export function checkIntegers(
  layer: string,
  options: Readonly<Record<string, number>>,
  { least }: { readonly least: 0 | 1 },
): void {
  const rule = least === 1 ? "a positive integer" : "a non-negative integer";
  for (const [option, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < least) {
      throw cannot(`build ${layer}`, `${option} must be ${rule}`, {
        received: value,
        kind: RangeError,
      });
    }
  }
}
