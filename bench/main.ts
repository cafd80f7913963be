import { Gpu } from "../src/gpu/gpu.ts";
import type { Precision } from "../src/kernels/specialize.ts";
import { benchDecode } from "./bench_decode.ts";
import { benchMemory } from "./bench_memory.ts";
import { benchScaling } from "./bench_scaling.ts";
import { benchSlide } from "./bench_slide.ts";
import { benchTraining } from "./bench_training.ts";
import {
  benchHelp,
  type BenchOptions,
  parseBenchOptions,
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
import { tilewiseEngine } from "./tilewise_engine.ts";

/** Where {@linkcode main} prints. */
export interface BenchOutput {
  /** Figures. */
  readonly print: (text: string) => void;
  /** What should be known beside them. */
  readonly note: (text: string) => void;
}

/**
 * `deno task bench`: times layers and networks beside a peer on the same adapter.
 *
 * @throws {RangeError} where the command line is wrong.
 * @throws {GpuError} where there is no GPU.
 */
export async function main(
  args: readonly string[],
  { print, note }: BenchOutput,
): Promise<void> {
  const options = parseBenchOptions(args);
  if (!options) return print(benchHelp);
  if (options.suites.every((suite) => suite === "decode")) {
    return await printRows(benchDecode(options), {
      about: {
        adapter: "none",
        driver: "none",
        deno: Deno.version.deno,
        peer: options.peer === "none" ? null : "geotiff",
        runs: options.runs,
      },
      options,
      print,
    });
  }
  using gpu = await Gpu.request();
  if (!gpu.device.features.has("timestamp-query")) {
    note("This adapter has no timestamp queries, so layers are left out.");
  }
  const adapter = (await navigator.gpu.requestAdapter({
    powerPreference: "high-performance",
  }))!;
  const peer = await loadPeer(options, { adapter: gpu.adapter, note });
  // The peer's f16 needs the feature, ours does not; a short run can do without it.
  const peerPrecisions: Precision[] =
    adapter.features.has("shader-f16") && !options.short
      ? ["f32", "f16"]
      : ["f32"];
  const about = {
    adapter: gpu.adapter,
    driver: options.driver ?? "unknown",
    deno: Deno.version.deno,
    peer: peer ? `${peer.name} ${peer.version}` : null,
    runs: options.runs,
  };
  const suites = options.suites.filter((suite) =>
    suite !== "layer" || gpu.device.features.has("timestamp-query")
  );
  const setup = {
    engine: tilewiseEngine(gpu),
    peer,
    peerPrecisions,
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
  if (suites.includes("slide")) yield* benchSlide(options);
  if (suites.includes("scaling")) yield* benchScaling(options);
  if (suites.includes("memory")) yield* benchMemory(gpu, options);
  if (!suites.includes("train")) return;
  for (const network of chooseNetworks(options)) {
    yield* benchTraining(gpu, network, options);
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

async function loadPeer(
  { peer }: BenchOptions,
  { adapter, note }: {
    readonly adapter: string;
    readonly note: (text: string) => void;
  },
): Promise<Engine | undefined> {
  if (peer === "none") return undefined;
  try {
    return await onnxruntimeWebEngine({
      onAdapter({ description, device, vendor }) {
        const other = description || device || vendor;
        if (other === adapter) return;
        throw new TypeError(
          `Cannot compare with ${peer} as both must use one adapter: received ${other} beside ${adapter}`,
        );
      },
    });
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    note(`${peer} is left out, as it cannot be loaded: ${reason}`);
    return undefined;
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args, { print: console.log, note: console.error });
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(error instanceof RangeError ? 2 : 1);
  }
}
