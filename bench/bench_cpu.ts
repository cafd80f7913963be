/**
 * Measures the CPU backend beside a software adapter, in one run: tiles of UNeXt50, a whole slide beside onnxruntime's own
 * time for its tiles, how far the masks agree, and the peak of memory.
 *
 *     deno task bench:cpu [--sizes 256,512,1280] [--runs 5]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { writeSyntheticSlide } from "../examples/synthetic_slide.ts";
import {
  importOnnxruntime,
  type Onnxruntime,
  SESSION_OPTIONS,
} from "../src/cpu/onnxruntime.ts";
import { exportOnnx } from "../src/graph/onnx/export_onnx.ts";
import { parseRle, readRleCsv } from "../src/masks/rle/decode_rle.ts";
import { unext50 } from "../src/models/architecture.ts";
import { forOnnxruntime } from "../src/predict/cpu_backend.ts";
import { loadModel } from "../src/predict/load_model.ts";
import type { Model } from "../src/predict/model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import { architectureGraph } from "../src/predict/read_network.ts";
import { inferSlide } from "../src/run/infer_slide.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { type StateDict, toFloat32 } from "../src/weights/tensor_data.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { makeTile } from "../tests/helpers/make_tile.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";

const { sizes, runs, peak, weights } = parseArgs(Deno.args, {
  string: ["sizes", "runs", "peak", "weights"],
  default: { sizes: "256,512,1280", runs: "5" },
});
const DEMO = new URL(
  "../examples/demo_model/weights.safetensors",
  import.meta.url,
);
/** As only the process that measures memory must not have it. */
const state: StateDict = weights === undefined
  ? syntheticStateDict(unext50)
  : new Map();

if (peak !== undefined) await measurePeak(Number(peak));
else {
  for (const side of sizes.split(",").filter(Boolean).map(Number)) {
    await compareTiles(side);
  }
  await compareSlide();
  const file = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(file, writeSafetensors(state));
    const self = import.meta.filename!;
    const child = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", self, "--peak", "1280", "--weights", file],
      stderr: "inherit",
    }).output();
    console.log(new TextDecoder().decode(child.stdout).trim());
  } finally {
    await Deno.remove(file);
  }
}

/** Times a tile through `predictTiles()` on both devices, in turns. */
async function compareTiles(side: number): Promise<void> {
  await using gpu = await loadModel(unext50, state, {
    ...{ device: "software", precision: "f32" },
  });
  await using cpu = await loadModel(unext50, state, { device: "cpu" });
  // One stream each, so that what the first tile prepares stays.
  const streams = [gpu, cpu].map((model) => stream(model, side));
  const times = await inTurns(streams.map((one) => () => one.next()));
  for (const one of streams) await one.return?.(undefined);
  const [slow, fast] = times.map(median);
  console.log(
    `tile ${side}²: ${gpu.about.name} ${slow.toFixed(0)} ms, CPU ${
      fast.toFixed(0)
    } ms, ${(slow / fast).toFixed(2)} times as fast`,
  );
}

/** Predictions of the same tile, one at a time. */
function stream(model: Model, side: number) {
  const tile = makeTile({ size: side, expansion: 0 });
  async function* tiles() {
    for (;;) yield tile;
  }
  return predictTiles(tiles(), model, { inFlight: 1 });
}

/** Times a slide beside onnxruntime alone, and compares its mask with the software adapter's. */
async function compareSlide(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-bench-" });
  try {
    const path = `${folder}/slide.tif`;
    const size = 4096;
    await writeSyntheticSlide(path, { seed: 1, size });
    const tiling = { tile: 512, expansion: 128, downsample: 2 };
    let tiles = 0;
    const slide = async (model: Model, out: string) => {
      const opened = await openSlide(path);
      const { tiles: { seen } } = await inferSlide(opened, model, {
        ...tiling,
        out: `${folder}/${out}`,
      });
      tiles = seen;
    };
    for (const out of ["cpu", "gpu"]) await Deno.mkdir(`${folder}/${out}`);
    await using cpu = await loadModel(unext50, state, { device: "cpu" });
    const alone = await onnxruntimeAlone(tiling.tile + tiling.expansion);
    await slide(cpu, "cpu");
    const seconds = [0, 0];
    const [whole, networks] = (await inTurns([
      () => slide(cpu, "cpu"),
      async () => {
        for (let i = 0; i < tiles; i++) await alone();
      },
    ].map((work, i) => async () => {
      const before = processorSeconds();
      await work();
      seconds[i] += processorSeconds() - before;
    }))).map(median);
    console.log(
      `slide of ${size}², ${tiles} tiles: ${
        whole.toFixed(0)
      } ms, onnxruntime alone ${networks.toFixed(0)} ms, ${
        (whole / networks).toFixed(3)
      } times; processor time ${(seconds[0] / seconds[1]).toFixed(3)} times`,
    );
    // The demo's model finds something on the demo's slides.
    for (const device of ["cpu", "software"] as const) {
      await using demo = await loadModel("auto", DEMO, {
        ...{ device, precision: "f32" },
      });
      await slide(demo, device === "cpu" ? "cpu" : "gpu");
    }
    const masks = await Promise.all(["cpu", "gpu"].map(async (out) => {
      const csv = await Deno.readTextFile(`${folder}/${out}/slide.rle.csv`);
      const mask = new Uint8Array(size * size);
      const runs = parseRle(readRleCsv(csv).get("slide") ?? "", {
        ...{ width: size, height: size },
      });
      for (const { start, length } of runs) {
        mask.fill(1, start, start + length);
      }
      return mask;
    }));
    const sums = masks.map((mask) => mask.reduce((a, b) => a + b, 0));
    const shared = masks[0].reduce((sum, v, i) => sum + (v & masks[1][i]), 0);
    const dice = 2 * shared / (sums[0] + sums[1]);
    console.log(`Dice with the software adapter's mask: ${dice.toFixed(6)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Seconds that the cores have worked for this process, which other load on the machine hardly changes. Linux only. */
function processorSeconds(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    .slice(11, 13).map(Number);
  return (user + system) / 100;
}

/** UNeXt50 by onnxruntime and nothing else: the graph as it was built. */
async function onnxruntimeAlone(side: number): Promise<() => Promise<unknown>> {
  const ort: Onnxruntime = await importOnnxruntime();
  const graph = architectureGraph(unext50, side);
  const values = (name: string) => toFloat32(state.get(name)!);
  const [plain, rewritten] = await Promise.all(
    [graph, forOnnxruntime(graph)].map((one) =>
      ort.InferenceSession.create(exportOnnx(one, values), SESSION_OPTIONS)
    ),
  );
  const data = Float32Array.from(
    { length: 3 * side * side },
    (_, i) => Math.sin(i),
  );
  const image = new ort.Tensor("float32", data, [1, 3, side, side]);
  const output = new Float32Array(side * side);
  const logits = new ort.Tensor("float32", output, [1, 1, side, side]);
  const [a, b] = (await inTurns(
    [plain, rewritten].map((session) => () =>
      session.run({ image }, { logits })
    ),
  )).map(median);
  console.log(
    `graph as built ${a.toFixed(0)} ms, rewritten ${
      b.toFixed(0)
    } ms at ${side}²`,
  );
  const best = a < b ? plain : rewritten;
  return () => best.run({ image }, { logits });
}

/** Prints the peak of this process over tiles of one size. */
async function measurePeak(side: number): Promise<void> {
  await using model = await loadModel(unext50, weights!, { device: "cpu" });
  const before = Deno.memoryUsage().rss / 2 ** 20;
  const peaks: number[] = [];
  const tiles = stream(model, side);
  for (let i = 0; i < 4; i++) {
    await tiles.next();
    const status = await Deno.readTextFile("/proc/self/status");
    peaks.push(Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024);
  }
  await tiles.return?.(undefined);
  console.log(
    `peak of the process at ${side}², MiB after each of ${peaks.length} tiles: ${
      peaks.map((one) => one.toFixed(0)).join(", ")
    }; ${before.toFixed(0)} before the first`,
  );
}

/** Milliseconds of each, which take turns, after one run that does not count. */
async function inTurns(
  all: readonly (() => Promise<unknown>)[],
): Promise<number[][]> {
  const times: number[][] = all.map(() => []);
  for (let run = 0; run <= Number(runs); run++) {
    for (const [i, one] of all.entries()) {
      const start = performance.now();
      await one();
      if (run > 0) times[i].push(performance.now() - start);
    }
  }
  return times;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
