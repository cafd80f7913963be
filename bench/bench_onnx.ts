import { buildGraph, nodesOf } from "../src/graph/graph.ts";
import { flopsOf } from "../src/graph/op.ts";
import type { Shape } from "../src/graph/tensor.ts";
import { importOnnx } from "../src/onnx/import_onnx.ts";
import { readOnnx } from "../src/onnx/read_onnx.ts";
import { uniform } from "../tests/helpers/synthetic_weights.ts";
import type { BenchOptions } from "./bench_options.ts";
import { measure } from "./measure.ts";
import type { BenchRow } from "./report.ts";
import type { BenchSetup } from "./run_bench.ts";

/** Measures networks of ONNX files beside onnxruntime-web, which gets the files as they are. */
export async function* benchOnnx(
  { onnx, sizes: [size], precisions, runs }: BenchOptions,
  setup: BenchSetup,
): AsyncGenerator<BenchRow> {
  const peers = setup.peers.filter(({ name }) => name === "onnxruntime-web");
  for (const path of onnx) {
    const file = await Deno.readFile(path);
    const model = readOnnx(file);
    const [{ name, dims }] = model.inputs;
    const shape = [1, 3, dims[2] ?? size, dims[3] ?? size] as const;
    const parameters = new Map<string, () => Float32Array>();
    const graph = buildGraph({ [name]: shape as Shape }, (inputs) => {
      const imported = importOnnx(model, inputs);
      for (const [key, one] of imported.parameters) parameters.set(key, one);
      return imported.outputs;
    });
    const noise = uniform("image", shape.reduce((a, b) => a * b));
    const inputs = { [name]: Float32Array.from(noise, (u) => 2 * u - 1) };
    const values = (name: string) => parameters.get(name)!();
    const measurements = await measure({ graph, values, inputs, file }, {
      ...setup,
      ...{ peers, precisions, runs, clock: "wall" },
    });
    const flops = nodesOf(graph).reduce((sum, node) => sum + flopsOf(node), 0);
    for (const { precision, ms, cpuMs, peers } of measurements) {
      const peer = peers.at(0);
      yield {
        suite: "onnx",
        name: path.slice(path.lastIndexOf("/") + 1),
        size: shape[2],
        precision,
        ms,
        gflops: flops / ms / 1e6,
        peer: peer?.name ?? null,
        peerMs: peer?.ms ?? null,
        ratio: peer ? peer.ms / ms : null,
        peerPrecision: peer?.precision ?? null,
        peers,
        layer: peer
          ? `processor time ${(peer.cpuMs / cpuMs).toFixed(2)}x`
          : "no peer",
      };
    }
  }
}
