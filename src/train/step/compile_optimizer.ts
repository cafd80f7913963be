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

/** Compiles Adam with clipping for a step's parameters: `control` holds its state, `settings` those of an update. */
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

/** An update's settings as kernels read them, `Settings` in `optimizer/adam.wgsl`. */
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
  // Differences and logarithms are taken here, in 64 bits: 1 - 0.999 in 32 bits has four digits.
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
 * @throws {RangeError} where one is out of its range.
 */
export function checkOptimizerOptions(options: OptimizerOptions): void {
  const rules: [keyof OptimizerOptions, (value: number) => boolean, string][] =
    [
      ["learningRate", (x) => x >= 0 && x < Infinity, "a number from 0"],
      ["beta1", (x) => x >= 0 && x < 1, "from 0 to 1, but not 1"],
      ["beta2", (x) => x >= 0 && x < 1, "from 0 to 1, but not 1"],
      ["epsilon", (x) => x > 0 && x < 1, "between 0 and 1"],
      ["weightDecay", (x) => x >= 0 && x < Infinity, "a number from 0"],
      ["maxNorm", (x) => x > 0, "a positive number"],
    ];
  for (const [name, fits, rule] of rules) {
    const value = options[name];
    if (value !== undefined && !fits(value)) {
      throw new RangeError(
        `Cannot update as ${name} must be ${rule}: received ${value}`,
      );
    }
  }
}

/** Records a compiled tape as one pass. */
export function recordSteps(
  encoder: GPUCommandEncoder,
  steps: readonly Step[],
): void {
  const pass = encoder.beginComputePass({ label: "training" });
  for (const step of steps) dispatch(pass, step);
  pass.end();
}
