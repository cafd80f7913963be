import process from "node:process";
import { reasonOf } from "../src/errors/cannot.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import type { Engine, Prepared, Work } from "./engine.ts";
import { checkAgreement } from "./check_agreement.ts";

/** Options for {@linkcode measure}. */
export interface MeasureOptions {
  /** This library. */
  readonly engine: Engine;
  /** Engines to compare with. */
  readonly peers: readonly Engine[];
  /** Precisions of this library. */
  readonly precisions: readonly Precision[];
  /** Measured runs, after one to warm up. */
  readonly runs: number;
  /**
   * `gpu` sums the kernels' times from timestamp queries; `wall` is the time from the first submit until the device is done.
   */
  readonly clock: "gpu" | "wall";
  /** Called with the reason why a peer could not run. */
  readonly onNote: (note: string) => void;
}

/** Medians, in milliseconds per run. */
export interface Measurement {
  /** Precision of this library. */
  readonly precision: Precision;
  /** Time of this library. */
  readonly ms: number;
  /** Its processor time on a software adapter, which other load on the machine hardly changes. */
  readonly cpuMs: number;
  /** Each peer that ran, in its faster precision. The fastest is first. */
  readonly peers: readonly PeerTime[];
}

/** A peer's median. */
export interface PeerTime {
  readonly name: string;
  /** Milliseconds per run. */
  readonly ms: number;
  /** Processor time per run; see {@linkcode Measurement.cpuMs}. */
  readonly cpuMs: number;
  readonly precision: Precision;
}

interface Contender {
  readonly engine: Engine;
  readonly precision: Precision;
  readonly prepared: Prepared;
  readonly times: number[];
  readonly cpuTimes: number[];
  /** Number of runs between two waits. */
  repeats: number;
}

// A wait takes Deno about 10 ms, so that a measured period must be much longer.
const STRETCH_MS = 500;
const MAX_REPEATS = 100;

/**
 * Measures work on this library and its peers in turns: each round runs every contender once, so that other load on the
 * machine affects all of them. The first run of each is not counted, and results must agree.
 *
 * f16 is compared with the faster of a peer's f16 and f32, f32 with its f32.
 */
export async function measure(
  work: Work,
  options: MeasureOptions,
): Promise<Measurement[]> {
  const { engine, peers, precisions, runs, clock } = options;
  const timedRuns = clock === "gpu" ? runs + 1 : 0;
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  const join = async (engine: Engine, precision: Precision) => {
    const prepared = stack.use(
      await engine.prepare(work, { precision, timedRuns }),
    );
    contenders.push({
      engine,
      precision,
      prepared,
      times: [],
      cpuTimes: [],
      repeats: 1,
    });
    await prepared.submit();
    await prepared.settle();
    return await prepared.result();
  };

  const results = new Map<Precision, Float32Array>();
  for (const precision of precisions) {
    results.set(precision, await join(engine, precision));
  }
  const fits = (p: Precision) => p === "f32" || precisions.includes(p);
  for (const peer of peers) {
    for (const precision of peer.precisions.filter(fits)) {
      let result: Float32Array;
      try {
        result = await join(peer, precision);
      } catch (error) {
        options.onNote(
          `${peer.name} ${precision} did not run: ${reasonOf(error)}`,
        );
        continue;
      }
      checkAgreement(results, { result, precision, peer: peer.name });
    }
  }

  if (clock === "wall") { for (const c of contenders) await chooseRepeats(c); }
  for (let run = 0; run < runs; run++) {
    for (const contender of contenders) {
      const before = processorSeconds();
      const ms = await stretch(contender);
      const cpu = (processorSeconds() - before) * 1000;
      contender.times.push(ms / contender.repeats);
      contender.cpuTimes.push(cpu / contender.repeats);
    }
  }
  if (clock === "gpu") {
    for (const { prepared, times } of contenders) {
      const [, ...measured] = await prepared.kernelTimes();
      times.splice(0, times.length, ...measured);
    }
  }

  const medians = contenders.map(({ engine, precision, times, cpuTimes }) => ({
    engine,
    name: engine.name,
    precision,
    ms: median(times),
    cpuMs: median(cpuTimes),
  }));
  const best = (wanted: Engine, fits: (p: Precision) => boolean) =>
    medians
      .filter((m) => m.engine === wanted && fits(m.precision))
      .sort((a, b) => a.ms - b.ms)
      .slice(0, 1);
  return precisions.map((precision) => ({
    precision,
    ms: best(engine, (p) => p === precision)[0].ms,
    cpuMs: best(engine, (p) => p === precision)[0].cpuMs,
    peers: peers
      .flatMap((peer) =>
        best(peer, (p) => p === precision || precision === "f16")
      )
      .sort((a, b) => a.ms - b.ms)
      .map(({ name, ms, cpuMs, precision }) => ({
        name,
        ms,
        cpuMs,
        precision,
      })),
  }));
}

async function stretch({ prepared, repeats }: Contender): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) await prepared.submit();
  await prepared.settle();
  return performance.now() - start;
}

/** Seconds that the cores have worked for this process. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function chooseRepeats(contender: Contender): Promise<void> {
  const ms = await stretch(contender);
  const repeats = Math.ceil(STRETCH_MS / ms);
  contender.repeats = Math.min(MAX_REPEATS, Math.max(1, repeats));
}

/** The median: the middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}
