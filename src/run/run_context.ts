import project from "../../deno.json" with { type: "json" };
import type { Gpu } from "../gpu/gpu.ts";
import type { ProfileEntry } from "../gpu/profiler.ts";
import type { Producer, RunRecord } from "../masks/run_record.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { isRemote } from "../slide/open_source.ts";

/** An error for people: one line, without a stack. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error
    ? error.message || error.name
    : String(error);
  return message.replace(/\s+/g, " ").trim();
}

/** A slide's path or URL for people to see: without the keys that a query, or what stands before the host, may hold. */
export function shownSource(source: string): string {
  return isRemote(source)
    ? source.replace(/[?#].*$/, "").replace(/\/\/[^/]*@/, "//")
    : source;
}

/** What a job tells while it works. */
export type RunEvent =
  /** Something to know of the whole run, such as which defaults stand in. */
  | { readonly kind: "notice"; readonly text: string }
  /** Something that is likely to be wrong, of the whole run or of a slide. */
  | { readonly kind: "warning"; readonly text: string; readonly slide?: string }
  /** Something to know of a slide, or of labels, such as what of them is left out. */
  | { readonly kind: "note"; readonly text: string; readonly slide?: string }
  /** What is computed on. */
  | { readonly kind: "device"; readonly gpu: Gpu; readonly precision: string }
  /** One more shape is measured, of `total`. */
  | { readonly kind: "tuned"; readonly total: number }
  /** How networks share the GPU's memory. */
  | { readonly kind: "memory"; readonly text: string }
  /** All is checked, and work on `slides` slides begins. */
  | { readonly kind: "begin"; readonly slides: number }
  /** The next slide's turn, from 0. */
  | { readonly kind: "slide"; readonly index: number }
  /** What an earlier run left of a slide is not whole or of something else, so it is done anew. */
  | { readonly kind: "anew"; readonly slide: string }
  /** Work on a slide's tiles begins. */
  | { readonly kind: "tiles"; readonly slide: string; readonly tiles: number }
  /** One more tile is done. */
  | { readonly kind: "tile" }
  /** No more tiles come, be it that work on them failed. */
  | { readonly kind: "tiled" }
  /** How long a tile's kernels took. */
  | { readonly kind: "kernels"; readonly kernels: readonly ProfileEntry[] }
  /** How many milliseconds a slide's stages took. */
  | {
    readonly kind: "profile";
    readonly stages: Readonly<Record<string, number>>;
  }
  /** A slide of a batch is done, was complete, or failed. */
  | { readonly kind: "entry"; readonly entry: BatchEntry }
  /** All slides of a batch had their turn; files over all of them follow. */
  | { readonly kind: "entries"; readonly entries: readonly BatchEntry[] };

/** Who is told of events; work waits for it. */
export type Tell<E = RunEvent> = (event: E) => void | Promise<void>;

/** What all jobs take. */
export interface JobOptions {
  /** Told what happens. Default: nobody is. */
  readonly onEvent?: Tell;
  /** Ends the job early, with the signal's reason; nothing half done is kept. */
  readonly signal?: AbortSignal;
  /** What results name as the command that made them, a word each. Default: none. */
  readonly command?: readonly string[];
}

/** Tells nobody. */
export function untold(): void {}

/** A signal that never ends anything. */
export function endless(): AbortSignal {
  return new AbortController().signal;
}

/** What is known of a run when it begins; its results name it. */
export class RunContext {
  /** Its id: when it began, and eight random digits. */
  readonly id: string;
  readonly #command: readonly string[];
  readonly #host: string | undefined;

  private constructor(command: readonly string[], host: string | undefined) {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    this.id = `${time}-${crypto.randomUUID().slice(0, 8)}`;
    this.#command = command.map(withoutKeys);
    this.#host = host;
  }

  /**
   * Begins a run. The machine's name is noted where that is allowed; nobody is asked for it.
   *
   * @param command The arguments, the command's name first.
   */
  static async begin(command: readonly string[]): Promise<RunContext> {
    const about = { name: "sys", kind: "hostname" } as const;
    const { state } = await Deno.permissions.query(about);
    const host = state === "granted" ? Deno.hostname() : undefined;
    return new RunContext(command, host);
  }

  /** What results say of where they come from. */
  get producer(): Producer {
    return { version: project.version, run: this.id };
  }

  /** The run as it is kept, of the work that ends now. */
  record(
    { start, device }: {
      /** When the work began. */
      readonly start: Date;
      /** What was computed on. */
      readonly device?: {
        readonly gpu: Pick<Gpu, "about">;
        readonly precision: string;
      };
    },
  ): RunRecord {
    return {
      id: this.id,
      version: project.version,
      runtime: `Deno ${Deno.version.deno}`,
      command: this.#command,
      ...(this.#host !== undefined && { host: this.#host }),
      platform: `${Deno.build.os} ${Deno.build.arch}`,
      ...(device && { device: deviceOf(device) }),
      start: start.toISOString(),
      end: new Date().toISOString(),
    };
  }
}

function deviceOf(
  { gpu: { about }, precision }: {
    readonly gpu: Pick<Gpu, "about">;
    readonly precision: string;
  },
): RunRecord["device"] {
  const { name, vendor, driver, backend, software } = about;
  return { adapter: name, vendor, driver, backend, software, precision };
}

/** A query, or what stands before a host, may hold keys. */
function withoutKeys(argument: string): string {
  return argument.replace(
    /(https?:\/\/)(?:[^\s/?#]*@)?([^\s?#]*)(?:[?#]\S*)?/gi,
    "$1$2",
  );
}

/** What became of one slide of a batch. */
export interface BatchEntry {
  /** Path or URL, without a query. */
  readonly source: string;
  /** Where its results lie in the output folder, without an ending: `NAME`, or `FOLDER/NAME`. */
  readonly place: string;
  /** Complete: done by an earlier run. */
  readonly status: "done" | "complete" | "failed";
  /** The slide's numbers, unless it failed. */
  readonly summary?: MaskSummary;
  /** Why it failed, in one line. */
  readonly error?: string;
}
