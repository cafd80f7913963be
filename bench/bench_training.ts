import type { Gpu } from "../src/gpu/gpu.ts";
import { compileGraphs } from "../src/graph/compile_graphs.ts";
import { flopsOf } from "../src/graph/flops_of.ts";
import { buildGraph, nodesOf } from "../src/graph/graph.ts";
import { maxInputsOf, optimizeGraph } from "../src/graph/optimize_graph.ts";
import { ParameterStore } from "../src/graph/parameter_store.ts";
import type { Architecture } from "../src/models/architecture.ts";
import { compileTraining } from "../src/train/compile_training.ts";
import { toFloat32 } from "../src/weights/to_float32.ts";
import { syntheticStateDict } from "../tests/synthetic_state_dict.ts";
import type { BenchOptions } from "./bench_options.ts";
import { median } from "./measure.ts";
import type { BenchRow } from "./report.ts";

const BATCH = 4;

/** Training steps after each other, so that the wait at the end counts for little. */
const REPEATS = 3;

/**
 * Measures a training step, forward and backward and Adam, beside the forward pass of inference on the same batch: in turns,
 * by the clock, over several runs each.
 */
export async function* benchTraining(
  gpu: Gpu,
  architecture: Architecture,
  { sizes, precisions, runs }: BenchOptions,
): AsyncGenerator<BenchRow> {
  const weights = syntheticStateDict(architecture);
  for (const size of sizes) {
    const graph = buildGraph(
      { image: [BATCH, 3, size, size] },
      ({ image }) => ({ logits: architecture.forward(image) }),
    );
    const flops = nodesOf(graph).reduce((sum, node) => sum + flopsOf(node), 0);
    for (const precision of precisions) {
      using parameters = new ParameterStore(
        gpu,
        (name) => toFloat32(weights.get(name)!),
        { label: "bench" },
      );
      using compiled = await compileGraphs(gpu, [{
        graph: optimizeGraph(graph, {
          maxInputs: maxInputsOf(gpu.device.limits),
        }),
        parameters,
      }], { precision });
      const [forward] = compiled.executables;
      using step = await compileTraining(gpu, architecture, weights, {
        batch: BATCH,
        height: size,
        width: size,
        precision,
      });
      const contenders = {
        forward() {
          const encoder = gpu.encoder("bench");
          forward.record(encoder);
          gpu.submit(encoder);
        },
        step(seed: number) {
          step.accumulate({ seed });
          step.update({ learningRate: 1e-5, beta1: 0.9, maxNorm: 1 });
        },
      };
      const times = { forward: [] as number[], step: [] as number[] };
      for (let run = 0; run <= runs; run++) {
        for (const name of ["forward", "step"] as const) {
          const start = performance.now();
          for (let i = 0; i < REPEATS; i++) contenders[name](run);
          await gpu.guard(gpu.device.queue.onSubmittedWorkDone());
          // The first run of each compiles, and is not counted.
          if (run > 0) times[name].push((performance.now() - start) / REPEATS);
        }
      }
      const forwardMs = median(times.forward);
      const ms = median(times.step);
      yield {
        suite: "train",
        name: `${architecture.name} step, batch of ${BATCH}`,
        size,
        precision,
        ms,
        gflops: 3 * flops / ms / 1e6,
        peer: "forward pass",
        peerMs: forwardMs,
        ratio: forwardMs / ms,
        peerPrecision: precision,
        layer: `${(ms / forwardMs).toFixed(2)} forward passes`,
      };
    }
  }
}
