import type { Conv2dProblem } from "../../graph/conv2d_problem.ts";
import {
  winogradProducts,
  winogradStrips,
  winogradTiles,
} from "../../graph/winograd_strips.ts";
import type { Target } from "../../graph/op.ts";
import {
  type Conv2dGeometry,
  transposeWeight,
} from "../../kernels/backward/data_gradient.ts";
import {
  winogradOutputGradient,
  winogradWeightGradient,
} from "../../kernels/backward/winograd.ts";
import { blocksOf, chooseTiling, conv2d } from "../../kernels/conv/conv2d.ts";
import {
  winogradInput,
  winogradOutput,
  winogradWeight,
} from "../../kernels/conv/winograd.ts";
import { bytesOf } from "../../kernels/pack.ts";
import type { Operand, Tape } from "../step/tape.ts";
import { recordWeightProducts } from "./conv2d_weight_products.ts";

/** A 3×3 convolution with stride 1 whose gradients are computed by Winograd's F(4×4, 3×3). */
export interface WinogradGradient {
  readonly tape: Tape;
  readonly target: Target;
  /** Name of the operations. */
  readonly name: string;
  readonly geometry: Conv2dGeometry;
  /** Gradient with respect to the convolution's output. */
  readonly gradient: Operand;
}

const POINTS = 36;
// With fewer tiles, the transforms of the weights cost more than they save.
const LEAST_TILES = 32;
// With fewer pairs of channels, the transforms of the pixels cost more than they save.
const LEAST_PRODUCTS = 2048;

/** Whether Winograd's algorithm is faster for both gradients. */
export function takesWinograd(geometry: Conv2dGeometry): boolean {
  const { groups, kernel, stride, dilation, padding } = geometry;
  const { inputChannels, outputChannels } = geometry;
  return groups === 1 && kernel[0] === 3 && kernel[1] === 3 && stride === 1 &&
    dilation === 1 && padding <= 2 && outputChannels >= 32 &&
    inputChannels * outputChannels >= LEAST_PRODUCTS &&
    winogradTiles(problemOf(geometry)) >= LEAST_TILES;
}

/** Records the gradient with respect to the input: the output's gradient convolved with the transposed, rotated weight. */
export function recordWinogradInput(
  { tape, target, name, geometry, gradient }: WinogradGradient,
  { weight, residual, mask, output }: {
    readonly weight: Operand;
    readonly residual?: Operand;
    readonly mask?: Operand;
    readonly output: Operand;
  },
): void {
  const { precision } = target;
  const { inputChannels: inputs, outputChannels: outputs, kernel } = geometry;
  const problem = problemOf({
    ...geometry,
    inputChannels: outputs,
    outputChannels: inputs,
    inputSize: geometry.outputSize,
    outputSize: geometry.inputSize,
    padding: 2 - geometry.padding,
  });
  const { strips, inputBytes, outputBytes } = winogradStrips(
    problem,
    precision,
  );
  const elements = blocksOf(inputs) * blocksOf(outputs) * 16;
  const bytes = bytesOf(elements, precision);
  const turned = { name: `${name}.turned`, bytes: bytes * 9 };
  const transformed = { name: `${name}.weight`, bytes: bytes * POINTS };
  const shape = { inputs, outputs, kernel };
  tape.add(
    turned.name,
    transposeWeight.program(shape, precision),
    { weight, output: turned },
  );
  tape.add(
    transformed.name,
    winogradWeight.program(
      { inputChannels: outputs, outputChannels: inputs },
      precision,
    ),
    { weight: turned, output: transformed },
  );
  const patches = { name: `${name}.patches`, bytes: inputBytes };
  const products = { name: `${name}.products`, bytes: outputBytes };
  for (const strip of strips) {
    tape.add(
      patches.name,
      winogradInput.program({ ...problem, index: 0, strip }, precision),
      { input: gradient, output: patches },
    );
    const params = winogradProducts(problem, strip.count);
    tape.add(
      name,
      conv2d.program(
        { ...params, tiling: chooseTiling(params, target) },
        precision,
      ),
      { weight: transformed, input0: patches, output: products },
      { flops: 2 * elements * 9 * 16 * strip.count },
    );
    const program = winogradOutput.program({
      ...problem,
      residual: residual !== undefined,
      mask: mask !== undefined,
      strip,
    }, precision);
    tape.add(name, program, {
      input: products,
      ...residual && { residual },
      ...mask && { mask },
      output,
    });
  }
}

/** Records the gradient with respect to the weight: products of transformed inputs and gradients, transformed back. */
export function recordWinogradWeight(
  { tape, target, name, geometry, gradient }: WinogradGradient,
  { input, output }: { readonly input: Operand; readonly output: Operand },
): void {
  const { precision } = target;
  const { inputChannels: inputs, outputChannels: outputs } = geometry;
  const problem = problemOf(geometry);
  const { strips, inputBytes, outputBytes } = winogradStrips(
    problem,
    precision,
  );
  const elements = blocksOf(inputs) * blocksOf(outputs) * 16;
  const patches = { name: `${name}.patches`, bytes: inputBytes };
  const spread = { name: `${name}.spread`, bytes: outputBytes };
  const sum = { name: `${name}.sum`, bytes: elements * POINTS * 4 };
  strips.forEach((strip, i) => {
    tape.add(
      patches.name,
      winogradInput.program({ ...problem, index: 0, strip }, precision),
      { input, output: patches },
    );
    tape.add(
      spread.name,
      winogradOutputGradient.program({ ...problem, strip }, precision),
      { input: gradient, output: spread },
    );
    const products = winogradProducts(problem, strip.count);
    const of = { ...products, inputChannels: products.inputChannels[0] };
    recordWeightProducts({ tape, target }, {
      name,
      geometry: of,
      gradient: spread,
      input: patches,
      output: sum,
      accumulate: i > 0,
      flops: 2 * elements * 9 * 16 * strip.count,
    });
  });
  tape.add(
    name,
    winogradWeightGradient.program({
      inputChannels: inputs,
      outputChannels: outputs,
    }),
    { input: sum, output },
  );
}

function problemOf(geometry: Conv2dGeometry): Conv2dProblem {
  return {
    ...geometry,
    inputChannels: [geometry.inputChannels],
    bias: false,
    residual: false,
    relu: false,
    affine: false,
  };
}
