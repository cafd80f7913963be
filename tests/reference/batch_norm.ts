import type { Shape } from "../../src/graph/tensor.ts";

/** A batch norm's operands, and the gradient of its result. */
export interface BatchNormReference {
  /** N×C×H×W. */
  readonly input: Float32Array;
  /** Of `input`. */
  readonly shape: Shape;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVariance: Float32Array;
  readonly gradOutput: Float32Array;
  readonly epsilon: number;
  readonly momentum: number;
  /** Whether negative results become zero. */
  readonly relu: boolean;
}

/** Batch norm with batch statistics by its definition, and its gradients, in 64 bits. */
export function batchNorm(options: BatchNormReference): {
  readonly y: Float64Array;
  readonly runningMean: Float64Array;
  readonly runningVariance: Float64Array;
  readonly gradInput: Float64Array;
  readonly gradWeight: Float64Array;
  readonly gradBias: Float64Array;
} {
  const { input, shape, weight, bias, gradOutput } = options;
  const [batch, channels, height, width] = shape;
  const pixels = height * width;
  const count = batch * pixels;
  const result = {
    y: new Float64Array(input.length),
    runningMean: Float64Array.from(options.runningMean),
    runningVariance: Float64Array.from(options.runningVariance),
    gradInput: new Float64Array(input.length),
    gradWeight: new Float64Array(channels),
    gradBias: new Float64Array(channels),
  };
  for (let c = 0; c < channels; c++) {
    const places: number[] = [];
    for (let n = 0; n < batch; n++) {
      const plane = (n * channels + c) * pixels;
      for (let i = 0; i < pixels; i++) places.push(plane + i);
    }
    const sum = (of: (at: number) => number) =>
      places.reduce((total, at) => total + of(at), 0);
    const mean = sum((at) => input[at]) / count;
    const squares = sum((at) => (input[at] - mean) ** 2);
    const inverse = 1 / Math.sqrt(squares / count + options.epsilon);
    const normal = (at: number) => (input[at] - mean) * inverse;
    const affine = (at: number) => normal(at) * weight[c] + bias[c];
    const gradient = (at: number) =>
      options.relu && affine(at) <= 0 ? 0 : gradOutput[at];
    const { momentum } = options;
    result.runningMean[c] += (mean - result.runningMean[c]) * momentum;
    result.runningVariance[c] +=
      (squares / (count - 1) - result.runningVariance[c]) * momentum;
    const gradBias = sum(gradient);
    const gradWeight = sum((at) => gradient(at) * normal(at));
    result.gradBias[c] = gradBias;
    result.gradWeight[c] = gradWeight;
    for (const at of places) {
      result.y[at] = options.relu ? Math.max(affine(at), 0) : affine(at);
      result.gradInput[at] = weight[c] * inverse *
        (gradient(at) - gradBias / count - normal(at) * gradWeight / count);
    }
  }
  return result;
}
