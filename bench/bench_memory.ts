import { writeSyntheticSlide } from "../examples/synthetic_slide.ts";
import type { Gpu } from "../src/gpu/gpu.ts";
import { compileGraphs, lifetimesOf } from "../src/graph/compile_graphs.ts";
import { maxInputsOf, optimizeGraph } from "../src/graph/optimize_graph.ts";
import { ParameterStore } from "../src/graph/parameter_store.ts";
import { peakBytes } from "../src/graph/plan_buffers.ts";
import { unext50 } from "../src/models/architecture.ts";
import { architectureGraph } from "../src/predict/read_network.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../tests/helpers/tiny_unext.ts";
import type { BenchOptions } from "./bench_options.ts";
import type { BenchRow } from "./report.ts";

/**
 * Measures memory, in MB (1e6 bytes) instead of milliseconds: a network's GPU memory, compared with the minimum for any
 * plan of its buffers; and a process's memory for slides of increasing size, compared with the smallest slide. On a
 * software adapter, the process's memory includes the GPU's.
 */
export async function* benchMemory(
  gpu: Gpu,
  options: BenchOptions,
): AsyncGenerator<BenchRow> {
  for (const precision of options.precisions) {
    yield await networkMemory(gpu, { options, precision });
  }
  const folder = await Deno.makeTempDir({ prefix: "tilewise-bench-" });
  try {
    const weights = `${folder}/tiny.safetensors`;
    const tiny = syntheticStateDict(tinyUnext);
    await Deno.writeFile(weights, writeSafetensors(tiny));
    const sizes = options.short ? [512] : [4096, 8192, 16384];
    let least: number | undefined;
    for (const size of sizes) {
      const slide = `${folder}/slide.tif`;
      await writeSyntheticSlide(slide, { seed: 1, size });
      const bytes = await processMemory([
        slide,
        ...["--weights", weights],
        ...["--out", `${folder}/out`],
        ...(options.short
          ? ["--tile", "128", "--expansion", "64"]
          : ["--tile", "256", "--expansion", "64"]),
        ...["--precision", "f32", "--quiet"],
      ]);
      least ??= bytes;
      yield row({
        name: "process over a slide",
        size,
        precision: "f32",
        bytes,
        peer: `process at ${sizes[0]}²`,
        peerBytes: least,
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function networkMemory(
  gpu: Gpu,
  { options, precision }: {
    readonly options: BenchOptions;
    readonly precision: "f32" | "f16";
  },
): Promise<BenchRow> {
  const architecture = options.short ? tinyUnext : unext50;
  const side = options.short ? 64 : 1280;
  const graph = optimizeGraph(architectureGraph(architecture, side), {
    maxInputs: maxInputsOf(gpu.device.limits),
  });
  const weights = syntheticStateDict(architecture);
  using parameters = new ParameterStore(
    gpu,
    (name) => toFloat32(weights.get(name)!),
    { label: "bench" },
  );
  using compiled = await compileGraphs(gpu, [{ graph, parameters }], {
    precision,
  });
  return row({
    name: `${architecture.name} on the GPU, ${
      megabytes(parameters.bytes).toFixed(0)
    } MB of it weights`,
    size: side,
    precision,
    bytes: compiled.bytes + parameters.bytes,
    peer: "live tensors at the worst point, and weights",
    peerBytes: peakBytes([...lifetimesOf(graph, precision).values()]) +
      parameters.bytes,
  });
}

async function processMemory(args: readonly string[]): Promise<number> {
  const script = new URL("peak_memory.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      "run",
      "--allow-all", // Deno requires it for /proc.
      script,
      ...args,
    ],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return Number(text.decode(stdout).trim().split("\n").at(-1));
}

function row({ bytes, peerBytes, ...rest }: {
  readonly name: string;
  readonly size: number;
  readonly precision: "f32" | "f16";
  readonly bytes: number;
  readonly peer: string;
  readonly peerBytes: number;
}): BenchRow {
  return {
    suite: "memory",
    ...rest,
    ms: megabytes(bytes),
    gflops: 0,
    peerMs: megabytes(peerBytes),
    peerPrecision: null,
    ratio: peerBytes / bytes,
    layer: `MB, not ms: ${(bytes / peerBytes).toFixed(2)} times`,
  };
}

function megabytes(bytes: number): number {
  return bytes / 1e6;
}
