import type { Gpu } from "../../src/gpu/gpu.ts";
import { buildGraph } from "../../src/graph/graph.ts";
import { conv2d } from "../../src/graph/ops/conv2d.ts";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
import {
  compileOptimizer,
  packSettings,
  recordSteps,
} from "../../src/train/step/compile_optimizer.ts";
import { parameterSlots } from "../../src/train/step/record_graph.ts";
import { StepMemory } from "../../src/train/step/step_memory.ts";
import {
  StepRegisters,
  unpackControl,
} from "../../src/train/step/step_registers.ts";
import type { OptimizerOptions } from "../../src/train/training_step.ts";

/** One update of {@linkcode runAdam}. */
export interface AdamUpdate {
  /** The gradients. */
  readonly gradients: Float32Array;
  /** Its settings. */
  readonly options: OptimizerOptions;
}

/** What {@linkcode runAdam} tells of an update. */
export interface AdamResult {
  /** The parameters after it. */
  readonly values: Float32Array;
  /** Norm of the gradients, whether they were applied, and the loss scale from now on. */
  readonly control: ReturnType<typeof unpackControl>;
}

/** Runs the optimizer alone, on a vector of parameters. */
export async function runAdam(
  gpu: Gpu,
  updates: readonly AdamUpdate[],
  { start, lossScale = 1, precision = "f32" }: {
    readonly start: Float32Array;
    readonly lossScale?: number;
    readonly precision?: Precision;
  },
): Promise<AdamResult[]> {
  // A 1×1 convolution of one input channel: its weight is the vector, its bias stays out of the way at zero.
  const graph = buildGraph({ image: [1, 1, 1, 1] }, ({ image }) => ({
    y: conv2d(image, { name: "w", channels: start.length, kernel: 1 }),
  }));
  using memory = new StepMemory(gpu, parameterSlots(graph), { precision });
  using registers = new StepRegisters(gpu);
  const { control, settings } = registers;
  using optimizer = await compileOptimizer(gpu, memory, {
    control,
    settings,
    precision,
  });
  memory.writeParameter("w.weight", start);
  registers.writeControl({ step: 0, lossScale, steadySteps: 0 });
  const results: AdamResult[] = [];
  for (const { gradients, options } of updates) {
    memory.gradients.write("w.weight", gradients);
    registers.writeSettings(packSettings(options));
    const encoder = gpu.encoder("adam");
    recordSteps(encoder, optimizer.steps);
    gpu.submit(encoder);
    const [values, bytes] = await Promise.all([
      memory.parameters.read(),
      gpu.read(control),
    ]);
    results.push({
      values: values.get("w.weight")!,
      control: unpackControl(bytes),
    });
  }
  return results;
}
