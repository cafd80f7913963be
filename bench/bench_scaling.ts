import { loadModel } from "../src/predict/load_model.ts";
import type { Model } from "../src/predict/model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import type { Tile } from "../src/tiles/plan_tiles.ts";
import { noise } from "../tests/helpers/noise.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext } from "../tests/helpers/tiny_unext.ts";
import type { BenchOptions } from "./bench_options.ts";
import { median } from "./measure.ts";
import type { BenchRow } from "./report.ts";

const SIZE = 192;
const EXPANSION = 64;
const MODELS = 10;

/** Times 1, 4, 16 and 64 tiles, compared with as many times one tile; and tiles with ten models, compared with ten times one model. */
export async function* benchScaling(
  options: BenchOptions,
): AsyncGenerator<BenchRow> {
  const counts = options.short ? [1, 4] : [1, 4, 16, 64];
  const weights = Array.from(
    { length: MODELS },
    (_, i) => syntheticStateDict(tinyUnext, { seed: String(i) }),
  );
  for (const precision of options.precisions) {
    await using one = await loadModel(tinyUnext, weights.slice(0, 1), {
      precision,
    });
    await using ten = await loadModel(tinyUnext, weights, { precision });
    const cost = await costs(options.runs, [
      ...counts.map((tiles) => ({ model: one, tiles })),
      { model: ten, tiles: 4 },
    ]);
    const row = (name: string, ms: number, peer: string, peerMs: number) => ({
      suite: "scaling" as const,
      name,
      size: SIZE + EXPANSION,
      precision,
      ms,
      gflops: 0,
      peer,
      peerMs,
      peerPrecision: precision,
      ratio: peerMs / ms,
    });
    for (const [i, tiles] of counts.entries()) {
      const name = `${tiles} tile${tiles === 1 ? "" : "s"}`;
      yield row(name, cost[i], "as many times one tile", tiles * cost[0]);
    }
    const [, four] = cost;
    const last = cost.at(-1)!;
    yield row("4 tiles, 10 models", last, "10 times one model", 10 * four);
  }
}

/**
 * Median milliseconds of each contender, without compilation. Each processes the same number of tiles per round, spread
 * over it: a period of 30 ms mostly passes without an interruption and one of 2 s never does, so that medians of single
 * periods would favor short ones.
 */
async function costs(
  runs: number,
  contenders: readonly { readonly model: Model; readonly tiles: number }[],
): Promise<number[]> {
  const rounds = contenders.map((): number[] => []);
  const most = Math.max(...contenders.map(({ tiles }) => tiles));
  for (let run = 0; run <= runs; run++) {
    const times = contenders.map((): number[] => []);
    for (let tile = 1; tile <= most; tile++) {
      for (const [i, { model, tiles }] of contenders.entries()) {
        // Ten models are ten times the work of one.
        const work = Math.min(most, tiles * model.networks.length);
        if (tile % work === 0) {
          times[i].push(await predictionTime(model, tiles));
        }
      }
    }
    if (run > 0) rounds.forEach((round, i) => round.push(mean(times[i])));
  }
  return rounds.map(median);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Milliseconds from the first prediction on, so that compilation is not included: one more tile is predicted than timed. */
async function predictionTime(model: Model, tiles: number): Promise<number> {
  const side = SIZE + EXPANSION;
  const pixels = noise(side, side);
  async function* stream(): AsyncGenerator<Tile> {
    for (let i = 0; i <= tiles; i++) {
      yield {
        index: i,
        column: i,
        row: 0,
        x: i * SIZE,
        y: 0,
        size: SIZE,
        expansion: EXPANSION,
        downsample: 1,
        pixels,
      };
    }
  }
  let start = 0;
  // One at a time, so that the first arrives before the second begins.
  for await (const _ of predictTiles(stream(), model, { inFlight: 1 })) {
    start ||= performance.now();
  }
  return performance.now() - start;
}
