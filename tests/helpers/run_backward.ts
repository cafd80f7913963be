import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Program } from "../../src/gpu/program.ts";
import {
  packedBytes,
  packTensor,
  unpackTensor,
} from "../../src/kernels/pack.ts";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
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
  /** What finds the winner of each window, where the kernel reads them. */
  readonly winners?: Program;
  /** Storage. */
  readonly precision: Precision;
}

/** Runs the backward kernel of a layer without parameters, and that of its windows' winners before it; returns the gradient of its input. */
export async function runBackward(
  gpu: Gpu,
  program: Program,
  { input, output, gradient, winners, precision }: RunBackwardOptions,
): Promise<Float32Array> {
  const all: Record<string, ArrayBuffer> = {
    input: packTensor(input.values, input.shape, precision),
    output: packTensor(output.values, output.shape, precision),
    gradient: packTensor(gradient, output.shape, precision),
    grad_input: new ArrayBuffer(packedBytes(input.shape, precision)),
    winners: new ArrayBuffer(packedBytes(output.shape, "f32")),
  };
  const run = (program: Program, read: string) => {
    const buffers = Object.fromEntries(
      Object.keys(program.bindings).filter((name) => name in all)
        .map((name) => [name, all[name]]),
    );
    return runProgram(gpu, program, { buffers, read });
  };
  if (winners) all.winners = await run(winners, "winners");
  const bytes = await run(program, "grad_input");
  return unpackTensor(bytes, input.shape, precision);
}
