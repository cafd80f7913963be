import type { Gpu } from "../src/gpu/gpu.ts";
import type { Program } from "../src/gpu/program.ts";
import {
  packedBytes,
  packTensor,
  unpackTensor,
} from "../src/kernels/pack_tensor.ts";
import type { Precision } from "../src/kernels/specialize.ts";
import { runProgram } from "./run_program.ts";

type Shape = readonly [number, number, number, number];

/** What {@linkcode runBackward} binds. */
export interface RunBackwardOptions {
  /** Shape and N×C×H×W values of the layer's input. */
  readonly input: { readonly shape: Shape; readonly values: Float32Array };
  /** Those of its output; the gradient has its shape. */
  readonly output: { readonly shape: Shape; readonly values: Float32Array };
  /** N×C×H×W values of the output's gradient. */
  readonly gradient: Float32Array;
  /** What a kernel before it found, by the name of its binding. */
  readonly found?: Readonly<Record<string, ArrayBuffer>>;
  /** Storage. */
  readonly precision: Precision;
}

/** Runs the backward kernel of a layer without parameters; returns the gradient of its input. */
export async function runBackward(
  gpu: Gpu,
  program: Program,
  { input, output, gradient, found, precision }: RunBackwardOptions,
): Promise<Float32Array> {
  const all: Record<string, ArrayBuffer> = {
    ...found,
    input: packTensor(input.values, input.shape, precision),
    output: packTensor(output.values, output.shape, precision),
    gradient: packTensor(gradient, output.shape, precision),
    grad_input: new ArrayBuffer(packedBytes(input.shape, precision)),
  };
  const buffers = Object.fromEntries(
    Object.keys(program.bindings).filter((name) => name in all)
      .map((name) => [name, all[name]]),
  );
  const bytes = await runProgram(gpu, program, { buffers, read: "grad_input" });
  return unpackTensor(bytes, input.shape, precision);
}
