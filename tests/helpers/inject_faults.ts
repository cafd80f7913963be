import { writeSafetensors } from "../../src/weights/write_safetensors.ts";
import {
  type BatchEntry,
  inferBatch,
  type RunEvent,
} from "../../src/run/mod.ts";
import { FaultyGpu, type GpuFault } from "./faulty_gpu.ts";
import { makeTiff } from "./make_tiff.ts";
import { noise } from "./noise.ts";
import { syntheticStateDict } from "./synthetic_state_dict.ts";
import { tinyUnext } from "./tiny_unext.ts";

/** A short run: two slides, nine tiles in the first. */
export class ShortRun implements AsyncDisposable {
  readonly folder: string;
  #runs = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes slides and weights. */
  static async create(): Promise<ShortRun> {
    const folder = await Deno.makeTempDir({ prefix: "tilewise-faults-" });
    await Deno.mkdir(`${folder}/slides`);
    const stateDict = syntheticStateDict(tinyUnext, { bias: 0.1 });
    await Deno.writeFile(
      `${folder}/w.safetensors`,
      writeSafetensors(stateDict),
    );
    for (const [name, side] of [["a", 150], ["b", 60]] as const) {
      const page = { width: side, height: side, pixels: noise(side, side) };
      await Deno.writeFile(
        `${folder}/slides/${name}.tif`,
        await makeTiff([page]),
      );
    }
    return new ShortRun(folder);
  }

  /** A folder for results. */
  out(): string {
    return `${this.folder}/out${this.#runs++}`;
  }

  /** Runs the batch; what it throws is an entry's error too. */
  async infer(
    out: string,
    options: { resume?: boolean; onEvent?: (event: RunEvent) => void } = {},
  ): Promise<readonly BatchEntry[]> {
    let told: readonly BatchEntry[] = [];
    try {
      return await inferBatch([`${this.folder}/slides`], {
        ...{ weights: [`${this.folder}/w.safetensors`], out, ...options },
        ...{ tile: 32, expansion: 32, downsample: 1 },
        formats: new Set(["rle", "tiff", "geojson", "json"]),
        onEvent(event) {
          options.onEvent?.(event);
          if (event.kind === "entries") told = event.entries;
        },
      });
    } catch (error) {
      const failed = { source: "", place: "", status: "failed" } as const;
      return [...told, { ...failed, error: (error as Error).message }];
    }
  }

  /** The results' bytes by name, without what names the run. */
  async results(out: string): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    for await (const { name } of Deno.readDir(out)) {
      const bytes = await Deno.readFile(`${out}/${name}`);
      const text = new TextDecoder("latin1").decode(bytes)
        .replace(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, "RUN");
      files[name] = name.endsWith(".json") ? objectsOf(text) : text;
    }
    return files;
  }

  /** Removes all files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** What does not tell the time. */
function objectsOf(json: string): string {
  const { objects, positiveFraction, tiles } = JSON.parse(json);
  return JSON.stringify({ objects, positiveFraction, tiles });
}

/** A fault whose aftermath is not as it must be. */
export interface BadEnd {
  readonly fault: string;
  readonly at: number;
  readonly call: string | undefined;
  readonly what: string;
}

/** How many faults were injected, and what went wrong after them. */
export interface Injected {
  readonly calls: number;
  readonly faults: number;
  readonly recovered: number;
  readonly bad: readonly BadEnd[];
}

/**
 * Runs the batch once for every n-th call of WebGPU, which fails: each slide is done or has failed with a sentence, no
 * partial file has a result's name, and a run with `resume` ends in the bytes of an undisturbed one.
 */
export async function injectGpuFaults(
  run: ShortRun,
  { fault, first = 0, every = 1 }: {
    readonly fault: GpuFault;
    readonly first?: number;
    readonly every?: number;
  },
): Promise<Injected> {
  const expected = await (async () => {
    const out = run.out();
    await run.infer(out);
    return JSON.stringify(await run.results(out));
  })();
  const bad: BadEnd[] = [];
  let [calls, faults, recovered] = [Infinity, 0, 0];
  using _soon = hangsAreSoonNoticed(fault === "hangs");
  for (let at = first; at < calls; at += every) {
    using faulty = new FaultyGpu(fault, at);
    const out = run.out();
    const entries = await run.infer(out);
    if (faulty.failed === undefined) {
      calls = faulty.calls;
      break;
    }
    faults++;
    faulty[Symbol.dispose]();
    const fail = (what: string) =>
      bad.push({ fault, at, call: faulty.failed, what });
    if (entries.every(({ status }) => status === "done")) recovered++;
    for (const { error } of entries) {
      if (error !== undefined && !/^Cannot .+: .+/.test(error)) fail(error);
    }
    const names = Object.keys(await run.results(out).catch(() => ({})));
    const left = names.filter((name) => /\.(part|lock)$/.test(name));
    if (left.length > 0) fail(`left ${left}`);
    const again = await run.infer(out, { resume: true });
    if (again.some(({ status }) => status === "failed")) {
      fail(`--resume: ${again.map(({ error }) => error)}`);
    } else if (JSON.stringify(await run.results(out)) !== expected) {
      fail("--resume: other bytes");
    }
    await Deno.remove(out, { recursive: true });
  }
  return { calls, faults, recovered, bad };
}

/** Has waits of minutes end after seconds, if `on`. */
function hangsAreSoonNoticed(on: boolean): Disposable {
  const { setTimeout } = globalThis;
  if (on) {
    globalThis.setTimeout = ((work: () => void, delay?: number) =>
      setTimeout(
        work,
        delay && delay > 60_000 ? 4000 : delay,
      )) as typeof setTimeout;
  }
  return {
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
    },
  };
}
