import { cannot } from "../src/errors/cannot.ts";
import { type Graph, nodesOf, parametersOf } from "../src/graph/graph.ts";
import { flopsOf } from "../src/graph/op.ts";
import {
  type Architecture,
  unext101,
  unext50,
  unextArchitecture,
} from "../src/models/architecture.ts";
import { architectureGraph } from "../src/predict/read_network.ts";
import {
  syntheticTensor,
  uniform,
} from "../tests/helpers/synthetic_weights.ts";
import { benchDecode } from "./bench_decode.ts";
import type { BenchOptions } from "./bench_options.ts";
import type { Engine, Work } from "./engine.ts";
import { type LayerCase, layerCases } from "./layer_cases.ts";
import { measure, type MeasureOptions } from "./measure.ts";
import type { BenchRow } from "./report.ts";

/** Engines for {@linkcode runBench}. */
export interface BenchSetup {
  /** This library. */
  readonly engine: Engine;
  /** Engines to compare with. */
  readonly peers: readonly Engine[];
  /** Called with notes about the results. */
  readonly onNote: (note: string) => void;
}

const tiny: Architecture = unextArchitecture("tiny", {
  stem: 16,
  blocks: [1, 1, 1, 1],
  widths: [32, 32, 64, 64],
  groups: 8,
  channels: [32, 64, 64, 128],
  aspp: { mid: 32, out: 64, groups: 4, dilations: [1, 2] },
  decoder: [32, 32, 16, 16],
  fpn: { mid: 16, out: 8 },
});

/**
 * Measures layers and networks, and yields each row when it is complete.
 *
 * For layers, it measures GPU time of the kernels; for networks, wall-clock time with input and output on the GPU, over
 * enough runs that the wait at the end is negligible. See {@linkcode measure}.
 *
 * @throws {RangeError} If no layer or network has the given name.
 */
export async function* runBench(
  options: BenchOptions,
  setup: BenchSetup,
): AsyncGenerator<BenchRow> {
  const { suites, sizes, name = "" } = options;
  let rows = 0;
  const count = (row: BenchRow) => {
    rows++;
    return row;
  };
  if (suites.includes("decode")) {
    for await (const row of benchDecode(options, setup.onNote)) {
      yield count(row);
    }
  }
  for (const size of sizes) {
    if (suites.includes("layer")) {
      const network = architectureGraph(options.short ? tiny : unext50, size);
      for (const layer of chooseLayers(network, options)) {
        for await (const row of benchLayer(layer, size, { options, setup })) {
          yield count(row);
        }
      }
    }
    if (suites.includes("network")) {
      for (const architecture of chooseNetworks(options)) {
        const rows = benchNetwork(architecture, size, { options, setup });
        for await (const row of rows) yield count(row);
      }
    }
  }
  if (rows === 0 && suites.length > 0) {
    throw cannot("run bench", "no layer or network has --name in its name", {
      received: name,
      kind: RangeError,
    });
  }
}

function chooseLayers(network: Graph, options: BenchOptions): LayerCase[] {
  const { short, name = "" } = options;
  const cases = layerCases(network).filter((layer) =>
    layer.name.includes(name)
  );
  if (!short) return cases;
  const kinds = [/1x1/, /groups/, /3x3(?!.*groups)/];
  return kinds.flatMap((kind) =>
    cases.filter(({ layer }) => kind.test(layer)).slice(0, 1)
  );
}

/** The networks that the options select. */
export function chooseNetworks({ short, name }: BenchOptions): Architecture[] {
  const networks = short ? [tiny] : [unext50, unext101];
  if (name === undefined) return networks.slice(0, 1);
  return networks.filter((network) => network.name.includes(name));
}

interface Context {
  readonly options: BenchOptions;
  readonly setup: BenchSetup;
}

async function* benchLayer(
  { name, layer, count, graph, flops }: LayerCase,
  size: number,
  context: Context,
): AsyncGenerator<BenchRow> {
  const rows = bench(graph, { ...context, clock: "gpu", flops });
  for await (const row of rows) {
    yield { suite: "layer", name, size, ...row, layer, count };
  }
}

async function* benchNetwork(
  architecture: Architecture,
  size: number,
  context: Context,
): AsyncGenerator<BenchRow> {
  const graph = architectureGraph(architecture, size);
  const flops = nodesOf(graph).reduce((sum, node) => sum + flopsOf(node), 0);
  const rows = bench(graph, { ...context, clock: "wall", flops });
  for await (const row of rows) {
    yield { suite: "network", name: architecture.name, size, ...row };
  }
}

async function* bench(
  graph: Graph,
  { options, setup, clock, flops }: Context & {
    readonly clock: MeasureOptions["clock"];
    readonly flops: number;
  },
): AsyncGenerator<Omit<BenchRow, "suite" | "name" | "size">> {
  const { precisions, runs } = options;
  const measurements = await measure(workOf(graph), {
    ...setup,
    precisions,
    runs,
    clock,
  });
  for (const { precision, ms, peers } of measurements) {
    const peer = peers.at(0);
    yield {
      precision,
      ms,
      gflops: flops / ms / 1e6,
      peer: peer?.name ?? null,
      peerMs: peer?.ms ?? null,
      ratio: peer ? peer.ms / ms : null,
      peerPrecision: peer?.precision ?? null,
      peers,
    };
  }
}

/** A graph with synthetic weights and noise as input. */
function workOf(graph: Graph): Work {
  const shapes = new Map(
    parametersOf(graph).map(({ name, shape }) => [name, shape]),
  );
  const inputs = Object.fromEntries(
    Object.entries(graph.inputs).map(([name, { shape }]) => {
      const values = uniform(name, shape.reduce((a, b) => a * b));
      return [name, Float32Array.from(values, (u) => 2 * u - 1)];
    }),
  );
  return {
    graph,
    values: (name) => syntheticTensor(name, shapes.get(name)!),
    inputs,
  };
}
