import type { Shape } from "../../src/graph/tensor.ts";

/** A convolution's operands and options, and the gradient of its result. */
export interface Conv2dGradientsReference {
  /** N×C×H×W. */
  readonly input: Float32Array;
  /** Of `input`. */
  readonly shape: Shape;
  /** O×(C/groups)×kh×kw. */
  readonly weight: Float32Array;
  /** Of `weight`. */
  readonly weightShape: Shape;
  /** N×O×H'×W'. */
  readonly gradOutput: Float32Array;
  /** Height and width of the result. */
  readonly outputSize: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** Gradients by a convolution's input, weight and bias, by their definition, summed in 64 bits. */
export function conv2dGradients(options: Conv2dGradientsReference): {
  readonly gradInput: Float64Array;
  readonly gradWeight: Float64Array;
  readonly gradBias: Float64Array;
} {
  const { input, shape, weight, weightShape, gradOutput, outputSize } = options;
  const { stride, padding, dilation, groups } = options;
  const [batch, channels, height, width] = shape;
  const [outputs, groupInputs, kernelHeight, kernelWidth] = weightShape;
  const gradInput = new Float64Array(input.length);
  const gradWeight = new Float64Array(weight.length);
  const gradBias = new Float64Array(outputs);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const firstInput = Math.floor(o / (outputs / groups)) * groupInputs;
      for (let y = 0; y < outputSize[0]; y++) {
        for (let x = 0; x < outputSize[1]; x++) {
          const gradient = gradOutput[at++];
          gradBias[o] += gradient;
          for (let i = 0; i < groupInputs; i++) {
            const plane = (n * channels + firstInput + i) * height;
            for (let ky = 0; ky < kernelHeight; ky++) {
              const iy = y * stride + ky * dilation - padding;
              if (iy < 0 || iy >= height) continue;
              for (let kx = 0; kx < kernelWidth; kx++) {
                const ix = x * stride + kx * dilation - padding;
                if (ix < 0 || ix >= width) continue;
                const tap = ((o * groupInputs + i) * kernelHeight + ky) *
                    kernelWidth + kx;
                const pixel = (plane + iy) * width + ix;
                gradInput[pixel] += weight[tap] * gradient;
                gradWeight[tap] += input[pixel] * gradient;
              }
            }
          }
        }
      }
    }
  }
  return { gradInput, gradWeight, gradBias };
}
