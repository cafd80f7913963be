import { cannot } from "../../errors/cannot.ts";
import { dispatch } from "../../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../../gpu/gpu.ts";
import type { Step } from "../../graph/compile_graphs.ts";
import {
  adam,
  prepareUpdate,
  squaresWorkgroups,
  sumSquares,
} from "../../kernels/optimizer.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { OptimizerOptions } from "../training_step.ts";
import type { StepMemory } from "./step_memory.ts";
import { type CompiledTape, compileTape, Tape } from "./tape.ts";

/** Compiles Adam with gradient clipping. `control` holds its state, `settings` the settings of an update. */
export function compileOptimizer(
  gpu: Gpu,
  memory: StepMemory,
  { control, settings, precision }: {
    readonly control: BufferRange;
    readonly settings: BufferRange;
    readonly precision: Precision;
  },
): Promise<CompiledTape> {
  const tape = new Tape();
  const chunks = memory.places.sizes.map((size) => size / 16);
  const counts = chunks.map(squaresWorkgroups);
  const length = counts.reduce((a, b) => a + b, 0);
  const partial = { name: "squares", bytes: length * 4 };
  let first = 0;
  for (const [i, vectors] of chunks.entries()) {
    const program = sumSquares.program({ vectors, first });
    const values = memory.gradients.chunk(i);
    tape.add("optimizer.norm", program, { values, partial });
    first += counts[i];
  }
  tape.add(
    "optimizer.prepare",
    prepareUpdate.program({ length, dynamic: precision === "f16" }),
    { partial, control, settings },
  );
  const stored = memory.stored !== memory.parameters;
  for (const [i, vectors] of chunks.entries()) {
    tape.add("optimizer.adam", adam.program({ vectors, stored }, precision), {
      gradient: memory.gradients.chunk(i),
      control,
      settings,
      parameter: memory.parameters.chunk(i),
      mean: memory.means.chunk(i),
      square: memory.squares.chunk(i),
      ...stored && { stored: memory.stored.chunk(i) },
    });
  }
  return compileTape(gpu, tape);
}

/** An update's settings in the layout of the kernels: `Settings` in `optimizer/adam.wgsl`. */
export function packSettings(
  {
    learningRate,
    beta1,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    maxNorm = Infinity,
  }: OptimizerOptions,
): Float32Array<ArrayBuffer> {
  // Differences and logarithms are computed here in 64 bits: in 32 bits, 1 - 0.999 has only four digits.
  return Float32Array.of(
    learningRate,
    1 - beta1,
    beta2,
    1 - beta2,
    epsilon,
    weightDecay,
    Math.min(maxNorm, 1e38),
    Math.max(Math.log(beta1), -1e30),
    Math.max(Math.log(beta2), -1e30),
    0,
    0,
    0,
  );
}

/**
 * Checks an update's settings.
 *
 * @throws {RangeError} If a setting is out of range.
 */
export function checkOptimizerOptions(options: OptimizerOptions): void {
  const rules: [keyof OptimizerOptions, (value: number) => boolean, string][] =
    [
      ["learningRate", (x) => x >= 0 && x < Infinity, "0 or more"],
      ["beta1", (x) => x >= 0 && x < 1, "0 or more, and below 1"],
      ["beta2", (x) => x >= 0 && x < 1, "0 or more, and below 1"],
      ["epsilon", (x) => x > 0 && x < 1, "between 0 and 1"],
      ["weightDecay", (x) => x >= 0 && x < Infinity, "0 or more"],
      ["maxNorm", (x) => x > 0, "a positive number"],
    ];
  for (const [name, fits, rule] of rules) {
    const value = options[name];
    if (value !== undefined && !fits(value)) {
      throw cannot("update weights", `${name} must be ${rule}`, {
        received: value,
        kind: RangeError,
      });
    }
  }
}

/** Records steps as one compute pass. */
export function recordSteps(
  encoder: GPUCommandEncoder,
  steps: readonly Step[],
): void {
  const pass = encoder.beginComputePass({ label: "training" });
  for (const step of steps) dispatch(pass, step);
  pass.end();
}
