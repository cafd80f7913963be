import { cannot, reasonOf } from "../src/errors/cannot.ts";
import { Gpu } from "../src/gpu/gpu.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import { benchDecode } from "./bench_decode.ts";
import { benchMemory } from "./bench_memory.ts";
import { benchOnnx } from "./bench_onnx.ts";
import { benchScaling } from "./bench_scaling.ts";
import { benchSlide } from "./bench_slide.ts";
import { benchTraining } from "./bench_training.ts";
import {
  benchHelp,
  type BenchOptions,
  parseBenchOptions,
  type PeerName,
} from "./bench_options.ts";
import type { Engine } from "./engine.ts";
import { onnxruntimeWebEngine } from "./onnxruntime_web_engine.ts";
import {
  type BenchReport,
  type BenchRow,
  formatHead,
  formatRow,
  formatSummary,
} from "./report.ts";
import { type BenchSetup, chooseNetworks, runBench } from "./run_bench.ts";
import { tfjsEngine } from "./tfjs_engine.ts";
import { tilewiseEngine } from "./tilewise_engine.ts";

/** Output of {@linkcode main}. */
export interface BenchOutput {
  /** Called with results. */
  readonly print: (text: string) => void;
  /** Called with notes about them. */
  readonly note: (text: string) => void;
}

/**
 * `deno task bench`: times layers and networks, compared with other engines on the same adapter.
 *
 * @throws {RangeError} If the command line is wrong.
 * @throws {GpuError} If there is no GPU.
 */
export async function main(
  args: readonly string[],
  { print, note }: BenchOutput,
): Promise<void> {
  const options = parseBenchOptions(args);
  if (!options) return print(benchHelp);
  if (options.suites.every((suite) => suite === "decode")) {
    return await printRows(benchDecode(options, note), {
      about: {
        adapter: "none",
        driver: "none",
        deno: Deno.version.deno,
        peer: options.peers.length > 0 ? "geotiff, OpenSlide, rasterio" : null,
        runs: options.runs,
      },
      options,
      print,
    });
  }
  using gpu = await Gpu.request();
  if (!gpu.device.features.has("timestamp-query")) {
    note("This adapter has no timestamp queries: layers are not measured.");
  }
  const adapter = (await navigator.gpu.requestAdapter({
    powerPreference: "high-performance",
  }))!;
  const compared = options.suites.some((suite) =>
    ["layer", "network", "onnx", "train"].includes(suite)
  );
  const peers = await loadPeers(compared ? options.peers : [], {
    adapter: gpu.adapter,
    // onnxruntime's f16 needs the feature, ours does not. A short run measures f32 only.
    precisions: adapter.features.has("shader-f16") && !options.short
      ? ["f32", "f16"]
      : ["f32"],
    note,
  });
  const about = {
    adapter: gpu.adapter,
    driver: options.driver ?? "unknown",
    deno: Deno.version.deno,
    peer: peers.map(({ name, version }) => `${name} ${version}`).join(", ") ||
      null,
    runs: options.runs,
  };
  const suites = options.suites.filter((suite) =>
    suite !== "layer" || gpu.device.features.has("timestamp-query")
  );
  const setup = {
    engine: tilewiseEngine(gpu),
    peers,
    onNote: note,
  };
  const rows = runAll(gpu, { ...options, suites }, setup);
  await printRows(rows, { about, options, print });
}

async function* runAll(
  gpu: Gpu,
  options: BenchOptions,
  setup: BenchSetup,
): AsyncGenerator<BenchRow> {
  const { suites } = options;
  const networks = suites.filter((suite) =>
    ["layer", "network", "decode"].includes(suite)
  );
  yield* runBench({ ...options, suites: networks }, setup);
  if (suites.includes("onnx")) yield* benchOnnx(options, setup);
  if (suites.includes("slide")) yield* benchSlide(options);
  if (suites.includes("scaling")) yield* benchScaling(options);
  if (suites.includes("memory")) yield* benchMemory(gpu, options);
  if (!suites.includes("train")) return;
  for (const network of chooseNetworks(options)) {
    yield* benchTraining(gpu, network, { ...options, ...setup });
  }
}

async function printRows(
  measured: AsyncIterable<BenchRow>,
  { about, options, print }: {
    readonly about: Omit<BenchReport, "rows">;
    readonly options: BenchOptions;
    readonly print: (text: string) => void;
  },
): Promise<void> {
  if (!options.json) {
    print(
      `${about.adapter} · Deno ${about.deno} · peer: ${
        about.peer ?? "none"
      } · medians of ${about.runs}\n`,
    );
    print(formatHead());
  }
  const rows: BenchRow[] = [];
  for await (const row of measured) {
    rows.push(row);
    if (!options.json) print(formatRow(row));
  }
  if (options.json) {
    print(JSON.stringify({ ...about, rows } satisfies BenchReport, null, 2));
  } else {
    print(["", ...formatSummary(rows)].join("\n"));
  }
}

async function loadPeers(
  peers: readonly PeerName[],
  { adapter, precisions, note }: {
    readonly adapter: string;
    readonly precisions: readonly Precision[];
    readonly note: (text: string) => void;
  },
): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const peer of peers) {
    const load = peer === "tfjs" ? tfjsEngine : onnxruntimeWebEngine;
    try {
      engines.push(
        await load({
          precisions,
          onAdapter({ description, device, vendor }) {
            const other = description || device || vendor;
            if (other === adapter) return;
            throw cannot(
              `compare with ${peer}`,
              `both must use the same adapter, received ${adapter} and ${other}`,
              { kind: TypeError },
            );
          },
        }),
      );
    } catch (error) {
      note(`${peer} is left out: ${reasonOf(error)}`);
    }
  }
  return engines;
}

if (import.meta.main) {
  try {
    await main(Deno.args, { print: console.log, note: console.error });
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(error instanceof RangeError ? 2 : 1);
  }
}
