/** Values that a layer learns, or that follow from such values. */
export interface Parameter {
  /** Its name, as a state dict has it; for derived ones, of the layer that uses it. */
  readonly name: string;
  /** Its sizes, outermost first. */
  readonly shape: readonly number[];
  /** How it follows from others; without it, it is learned. */
  readonly derived?: Derivation;
}

/** How a parameter follows from others. */
export interface Derivation {
  /** What it follows from. */
  readonly sources: readonly Parameter[];
  /** Its values from theirs. */
  compute(...values: Float32Array[]): Float32Array;
}

/** Gives a learned parameter's values. */
export type ParameterValues = (name: string) => Float32Array;

/** The learned parameters that a parameter follows from; itself where it is learned. */
export function learnedParameters(parameter: Parameter): Parameter[] {
  return parameter.derived
    ? parameter.derived.sources.flatMap(learnedParameters)
    : [parameter];
}

/** A parameter's values, from those of the learned ones. */
export function evaluateParameter(
  parameter: Parameter,
  values: ParameterValues,
): Float32Array {
  const { derived } = parameter;
  if (!derived) return values(parameter.name);
  return derived.compute(
    ...derived.sources.map((source) => evaluateParameter(source, values)),
  );
}
