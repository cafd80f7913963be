import { reasonOf } from "../src/errors/cannot.ts";
import type { Gpu } from "../src/gpu/gpu.ts";
import { compileGraphs } from "../src/graph/compile_graphs.ts";
import { buildGraph, nodesOf } from "../src/graph/graph.ts";
import { flopsOf } from "../src/graph/op.ts";
import { maxInputsOf, optimizeGraph } from "../src/graph/optimize_graph.ts";
import { ParameterStore } from "../src/graph/parameter_store.ts";
import type { Architecture } from "../src/models/architecture.ts";
import { compileTraining } from "../src/train/compile_training.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import { uniform } from "../tests/helpers/synthetic_weights.ts";
import type { BenchOptions } from "./bench_options.ts";
import type { Engine } from "./engine.ts";
import { median } from "./measure.ts";
import type { BenchRow } from "./report.ts";

const BATCH = 4;

/** Training steps in a row, so that the wait at the end is negligible. */
const REPEATS = 3;

const OPTIMIZER = { learningRate: 1e-5, beta1: 0.9, maxNorm: 1 };

/**
 * Times a training step (forward, backward, Adam), compared with the forward pass of inference on the same batch, and with
 * the step of each peer that can train. Contenders take turns; times are wall-clock times.
 */
export async function* benchTraining(
  gpu: Gpu,
  architecture: Architecture,
  { sizes, precisions, runs, peers, onNote }:
    & Pick<BenchOptions, "sizes" | "precisions" | "runs">
    & {
      readonly peers: readonly Engine[];
      /** Called with the reason why a peer could not train. */
      readonly onNote: (note: string) => void;
    },
): AsyncGenerator<BenchRow> {
  const weights = syntheticStateDict(architecture);
  const values = (name: string) => toFloat32(weights.get(name)!);
  for (const size of sizes) {
    const graph = buildGraph(
      { image: [BATCH, 3, size, size] },
      ({ image }) => ({ logits: architecture.forward(image) }),
    );
    const flops = nodesOf(graph).reduce((sum, node) => sum + flopsOf(node), 0);
    for (const precision of precisions) {
      await using owned = new AsyncDisposableStack();
      const parameters = owned.use(
        new ParameterStore(gpu, values, { label: "bench" }),
      );
      const optimized = optimizeGraph(graph, {
        maxInputs: maxInputsOf(gpu.device.limits),
      });
      const compiled = owned.use(
        await compileGraphs(gpu, [{ graph: optimized, parameters }], {
          precision,
        }),
      );
      const [forward] = compiled.executables;
      const step = owned.use(
        await compileTraining(gpu, architecture, weights, {
          batch: BATCH,
          height: size,
          width: size,
          precision,
        }),
      );
      const settle = () => gpu.guard(gpu.device.queue.onSubmittedWorkDone());
      const contenders: Contender[] = [{
        name: "forward pass of inference",
        submit() {
          const encoder = gpu.encoder("bench");
          forward.record(encoder);
          gpu.submit(encoder);
        },
        settle,
        times: [],
      }, {
        name: "forward pass in training",
        submit: (seed) => step.forward({ seed }),
        settle,
        times: [],
      }, {
        name: "step",
        submit(run) {
          step.accumulate({ seed: run });
          step.update(OPTIMIZER);
        },
        settle,
        times: [],
      }];
      for (const peer of peers) {
        const training = await peer.prepareTraining?.({
          graph,
          values,
          image: Float32Array.from(uniform("image", BATCH * 3 * size * size)),
          mask: Float32Array.from(uniform("mask", BATCH * size * size)),
          optimizer: OPTIMIZER,
        }).catch((error) =>
          onNote(`${peer.name} cannot train: ${reasonOf(error)}`)
        );
        if (!training) continue;
        owned.use(training);
        contenders.push({ ...training, name: peer.name, times: [] });
      }
      for (let run = 0; run <= runs; run++) {
        for (const { submit, settle, times } of contenders) {
          const start = performance.now();
          for (let i = 0; i < REPEATS; i++) submit(run);
          await settle();
          // The first run includes compilation, and is not counted.
          if (run > 0) times.push((performance.now() - start) / REPEATS);
        }
      }
      const [inference, training, { ms }, ...others] = contenders.map((c) => ({
        name: c.name,
        ms: median(c.times),
      }));
      const row = {
        suite: "train",
        name: `${architecture.name} step, batch of ${BATCH}`,
        size,
        precision,
        ms,
        gflops: 3 * flops / ms / 1e6,
      } as const;
      for (const { name, ms: peerMs } of [training, inference]) {
        yield {
          ...row,
          peer: name,
          peerMs,
          ratio: peerMs / ms,
          peerPrecision: precision,
          layer: `${(ms / peerMs).toFixed(2)} times a ${name}`,
        };
      }
      for (const { name, ms: peerMs } of others) {
        yield {
          ...row,
          peer: name,
          peerMs,
          ratio: peerMs / ms,
          peerPrecision: "f32",
          layer: `compared with a step of ${name}`,
        };
      }
    }
  }
}

interface Contender {
  readonly name: string;
  submit(run: number): void;
  settle(): Promise<void>;
  readonly times: number[];
}
