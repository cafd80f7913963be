import type { Shape } from "../../src/graph/tensor.ts";

/** A convolution's operands and options, as PyTorch's `conv2d` has them. */
export interface Conv2dReference {
  /** N×C×H×W. */
  readonly input: Float32Array;
  /** Of `input`. */
  readonly shape: Shape;
  /** O×(C/groups)×kh×kw. */
  readonly weight: Float32Array;
  /** Of `weight`. */
  readonly weightShape: Shape;
  /** One value an output channel. */
  readonly bias?: Float32Array;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** Convolution by its definition, summed in 64 bits. */
export function conv2d(options: Conv2dReference): Float32Array {
  const { input, shape, weight, weightShape, bias } = options;
  const { stride, padding, dilation, groups } = options;
  const [batch, channels, height, width] = shape;
  const [outputs, groupInputs, kernelHeight, kernelWidth] = weightShape;
  const size = (length: number, kernel: number) =>
    Math.floor((length + 2 * padding - dilation * (kernel - 1) - 1) / stride) +
    1;
  const [outHeight, outWidth] = [
    size(height, kernelHeight),
    size(width, kernelWidth),
  ];
  const result = new Float32Array(batch * outputs * outHeight * outWidth);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const firstInput = Math.floor(o / (outputs / groups)) * groupInputs;
      for (let y = 0; y < outHeight; y++) {
        for (let x = 0; x < outWidth; x++) {
          let sum = bias?.[o] ?? 0;
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
                sum += weight[tap] * input[(plane + iy) * width + ix];
              }
            }
          }
          result[at++] = sum;
        }
      }
    }
  }
  return result;
}
