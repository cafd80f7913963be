import { assertEquals } from "@std/assert";
import { inferBatch, type PlanCohortOptions } from "../../src/run/mod.ts";
import { planCohort } from "../../src/run/mod.ts";
import { ShortRun } from "./short_run.ts";

/** Two slides, a small network, and what one run makes of them: what a cohort has to end in. */
export class CohortRun implements AsyncDisposable {
  readonly run: ShortRun;
  #single: Promise<Map<string, string>> | undefined;

  private constructor(run: ShortRun) {
    this.run = run;
  }

  /** Makes slides and weights. */
  static async create(): Promise<CohortRun> {
    return new CohortRun(await ShortRun.create());
  }

  get weights(): string[] {
    return [`${this.run.folder}/w.safetensors`];
  }

  get slides(): string[] {
    return [`${this.run.folder}/slides`];
  }

  /** Plans a cohort in a new folder, in parts of a row of tiles. */
  async plan(
    options: Partial<PlanCohortOptions> = {},
  ): Promise<{ folder: string; parts: number }> {
    const folder = this.run.out();
    const { parts } = await planCohort(this.slides, {
      partsOf: 5,
      ...options,
      ...{ weights: this.weights, out: folder },
    });
    return { folder, parts: parts.length };
  }

  /** The files of a single run. */
  single(): Promise<Map<string, string>> {
    return this.#single ??= this.#infer();
  }

  async #infer(): Promise<Map<string, string>> {
    const out = this.run.out();
    const entries = await inferBatch(this.slides, {
      ...{ weights: this.weights, out, reproducible: true },
    });
    assertEquals(entries.map(({ status }) => status), ["done", "done"]);
    return await bytesIn(out);
  }

  /** Checks that a folder has the bytes of a single run. */
  async expectSingle(out: string): Promise<void> {
    const [found, single] = [await bytesIn(out), await this.single()];
    assertEquals([...found.keys()], [...single.keys()]);
    for (const [name, bytes] of single) {
      assertEquals(found.get(name) === bytes, true, `${name} differs`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run[Symbol.asyncDispose]();
  }
}

/** The files of a folder by name, but for what tells of a run. */
async function bytesIn(folder: string): Promise<Map<string, string>> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const files = new Map<string, string>();
  for (const name of names.sort()) {
    if (name.endsWith(".run.json")) continue;
    const bytes = await Deno.readFile(`${folder}/${name}`);
    files.set(name, new TextDecoder("latin1").decode(bytes));
  }
  return files;
}
