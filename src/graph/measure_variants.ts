import type { Gpu } from "../gpu/gpu.ts";
import { Profiler } from "../gpu/profiler.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { type CompiledGraphs, compileGraphs } from "./compile_graphs.ts";
import type { Conv2dProblem, Conv2dVariant } from "./conv2d_problem.ts";
import { contendersOf } from "./conv2d_variant.ts";
import { fusedConv2d } from "./fused/fused_conv2d.ts";
import { type Graph, parametersOf } from "./graph.ts";
import { input } from "./ops/input.ts";
import { ParameterStore } from "./parameter_store.ts";
import type { Parameter, Shape } from "./tensor.ts";

/** How {@linkcode measureVariants} measures. */
export interface MeasureOptions {
  /** How tensors and weights are stored. */
  readonly precision: Precision;
  /** Aborts with the signal's reason. */
  readonly signal?: AbortSignal;
}

// Long enough to compare variants and to fill the device, short enough for the forty or so shapes of a network.
const MAX_FLOPS = { software: 2e9, hardware: 1e11 };
const ROUNDS = 3;
// Variants slower by this factor in the first round are not measured again.
const HOPELESS = 1.3;

interface Contender {
  readonly variant: Conv2dVariant;
  readonly compiled: CompiledGraphs<string, "output">;
  best: number;
}

/** Runs a convolution with every variant that supports it on the device, and returns the fastest. */
export async function measureVariants(
  gpu: Gpu,
  problem: Conv2dProblem,
  { precision, signal }: MeasureOptions,
): Promise<Conv2dVariant> {
  const graph = graphOf(
    cropped(problem, gpu.hardware ? MAX_FLOPS.hardware : MAX_FLOPS.software),
  );
  const sizes = new Map(
    parametersOf(graph).map(({ name, shape }) =>
      [name, shape.reduce((a, b) => a * b, 1)] as const
    ),
  );
  using parameters = new ParameterStore(
    gpu,
    (name) => new Float32Array(sizes.get(name)!),
    { label: "tuning" },
  );
  const contenders: Contender[] = [];
  try {
    for (const variant of contendersOf(problem, gpu)) {
      signal?.throwIfAborted();
      const compiled = await compileGraphs(gpu, [{ graph, parameters }], {
        precision,
        variantOf: () => variant,
      });
      contenders.push({ variant, compiled, best: Infinity });
    }
    await time(gpu, contenders, 1); // some drivers compile lazily
    for (const contender of contenders) contender.best = Infinity;
    signal?.throwIfAborted();
    await time(gpu, contenders, 1);
    const first = Math.min(...contenders.map(({ best }) => best));
    const rest = contenders.filter(({ best }) => best <= first * HOPELESS);
    signal?.throwIfAborted();
    await time(gpu, rest, ROUNDS);
    // The chosen variant comes first, and wins unless another is faster by more than noise.
    return rest.reduce((a, b) => b.best < a.best * 0.97 ? b : a).variant;
  } finally {
    for (const { compiled } of contenders) compiled[Symbol.dispose]();
  }
}

/** Runs the contenders in turn, and keeps the best time of each. */
async function time(
  gpu: Gpu,
  contenders: readonly Contender[],
  rounds: number,
): Promise<void> {
  const turns = Array.from({ length: rounds }, () => contenders).flat();
  const passes = turns.map(({ compiled: { executables: [{ steps }] } }) =>
    steps.length
  );
  using profiler = new Profiler(gpu, passes.reduce((a, b) => a + b, 0));
  const encoder = gpu.encoder("tuning");
  for (const { compiled } of turns) {
    compiled.executables[0].record(encoder, profiler);
  }
  gpu.submit(encoder);
  const entries = await profiler.read();
  if (entries.length === 0) return await timeByClock(gpu, turns);
  turns.forEach((contender, i) => {
    const milliseconds = entries.splice(0, passes[i])
      .reduce((sum, entry) => sum + entry.milliseconds, 0);
    contender.best = Math.min(contender.best, milliseconds);
  });
}

/** Without timestamps, the times include waiting for the device, equally for all. */
async function timeByClock(
  gpu: Gpu,
  turns: readonly Contender[],
): Promise<void> {
  for (const contender of turns) {
    const start = performance.now();
    await contender.compiled.executables[0].run(gpu);
    contender.best = Math.min(contender.best, performance.now() - start);
  }
}

/** The problem with fewer rows if all would take more than `most` operations. */
export function cropped(
  problem: Conv2dProblem,
  most: number = MAX_FLOPS.software,
): Conv2dProblem {
  const { outputSize: [height, width], kernel, stride, dilation } = problem;
  const channels = problem.inputChannels.reduce((a, b) => a + b, 0);
  const perRow = 2 * problem.batch * width * problem.outputChannels *
    channels / problem.groups * kernel[0] * kernel[1];
  const rows = Math.min(height, Math.max(16, Math.floor(most / perRow)));
  const span = (rows - 1) * stride + dilation * (kernel[0] - 1) + 1;
  return {
    ...problem,
    inputSize: [span - 2 * problem.padding, problem.inputSize[1]],
    outputSize: [rows, width],
  };
}

function graphOf(problem: Conv2dProblem): Graph<string, "output"> {
  const { batch, inputChannels, outputChannels, inputSize, outputSize } =
    problem;
  const inputs = inputChannels.map((channels, i) =>
    input(`input${i}`, [batch, channels, ...inputSize])
  );
  const factor = problem.shuffle ? 2 : 1;
  const shape: Shape = [
    batch,
    outputChannels / factor ** 2,
    outputSize[0] * factor,
    outputSize[1] * factor,
  ];
  const residual = problem.residual ? input("residual", shape) : undefined;
  const channels = inputChannels.reduce((a, b) => a + b, 0);
  const weight: Parameter = {
    name: "weight",
    shape: [outputChannels, channels / problem.groups, ...problem.kernel],
  };
  const vector = (name: string) => ({ name, shape: [outputChannels] });
  const output = fusedConv2d({
    ...problem,
    name: "tuning",
    shape,
    kernel: problem.kernel[0],
    weight,
    sources: inputs.map((tensor) => ({ tensor })),
    epilogue: {
      bias: problem.bias ? vector("bias") : undefined,
      residual,
      relu: problem.relu,
      norm: problem.affine
        ? { scale: vector("scale"), shift: vector("shift") }
        : undefined,
      shuffle: problem.shuffle ?? false,
    },
  });
  return {
    inputs: Object.fromEntries(
      output.inputs.map((tensor) => [tensor.name, tensor]),
    ),
    outputs: { output },
  };
}
