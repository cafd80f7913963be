import project from "../../deno.json" with { type: "json" };
import { printable } from "../errors/cannot.ts";
import type { MaskClass } from "../io/classes.ts";
import type { ProfileEntry } from "../gpu/profiler.ts";
import type { AdapterDescription } from "../gpu/request_device.ts";
import type { Producer, RunRecord } from "../masks/run_record.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { isRemote } from "../slide/open_source.ts";

/** An error as one line of text, without control characters. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error
    ? error.message || error.name
    : String(error);
  return printable(text.trim().split(/\s+/).join(" "));
}

/** Names in quotes, for messages. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** A slide's path or URL for display: without query and credentials. */
export function shownSource(source: string): string {
  return isRemote(source)
    ? source.replace(/[?#][^]*$/, "").replace(/\/\/[^/]*@/, "//")
    : source;
}

/**
 * Events of a job.
 *
 * @category Jobs
 */
export type RunEvent =
  /** A fact about the run, such as its defaults. */
  | { readonly kind: "notice"; readonly text: string }
  /** A likely mistake, in the run or for a slide. */
  | { readonly kind: "warning"; readonly text: string; readonly slide?: string }
  /** A fact about a slide or labels, such as what is left out. */
  | { readonly kind: "note"; readonly text: string; readonly slide?: string }
  /** The device of the run. */
  | {
    readonly kind: "device";
    readonly about: AdapterDescription;
    readonly precision: string;
  }
  /** Another of `total` shapes is measured. */
  | { readonly kind: "tuned"; readonly total: number }
  /** A description of how networks share the GPU's memory. */
  | { readonly kind: "memory"; readonly text: string }
  /** Checks are done, and work on `slides` slides begins. */
  | {
    readonly kind: "begin";
    readonly slides: number;
    /** The classes of a training run, if there are several. */
    readonly classes?: readonly MaskClass[];
  }
  /** Work on a slide begins; `index` is from 0. */
  | { readonly kind: "slide"; readonly index: number }
  /** A slide is processed again, as its results are incomplete or from something else. */
  | { readonly kind: "anew"; readonly slide: string }
  /** Work on a slide's tiles begins. */
  | { readonly kind: "tiles"; readonly slide: string; readonly tiles: number }
  /** Another tile is done. */
  | { readonly kind: "tile" }
  /** The slide's tiles are done, or failed. */
  | { readonly kind: "tiled" }
  /** Times of a tile's kernels. */
  | { readonly kind: "kernels"; readonly kernels: readonly ProfileEntry[] }
  /** Milliseconds of a slide's stages. */
  | {
    readonly kind: "profile";
    readonly stages: Readonly<Record<string, number>>;
  }
  /** A slide of a batch is done, skipped as complete, or failed. */
  | { readonly kind: "entry"; readonly entry: BatchEntry }
  /** A part of a cohort is done, was complete before, or failed. */
  | {
    readonly kind: "part";
    readonly part: number;
    readonly name: string;
    readonly status: "done" | "complete" | "failed";
    readonly error?: string;
  }
  /** All slides of a batch are done; files for all of them follow. */
  | { readonly kind: "entries"; readonly entries: readonly BatchEntry[] };

/**
 * A listener for events; the job waits for it.
 *
 * @category Jobs
 */
export type Tell<E = RunEvent> = (event: E) => void | Promise<void>;

/**
 * Options of all jobs.
 *
 * @category Jobs
 */
export interface JobOptions {
  /** Called with each event. Default: none. */
  readonly onEvent?: Tell;
  /** Stops the job early; no incomplete results are kept. */
  readonly signal?: AbortSignal;
  /** The command line to record in results. Default: none. */
  readonly command?: readonly string[];
}

/** Ignores events. */
export function untold(): void {}

/** A signal that never aborts. */
export function endless(): AbortSignal {
  return new AbortController().signal;
}

/**
 * A run, as its results record it.
 *
 * @category Jobs
 */
export class RunContext {
  /** Its id: the start time and eight random digits. */
  readonly id: string;
  readonly #command: readonly string[];
  /** The machine's name, if it may be known. */
  readonly host: string | undefined;

  private constructor(command: readonly string[], host: string | undefined) {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    this.id = `${time}-${crypto.randomUUID().slice(0, 8)}`;
    this.#command = command.map(withoutKeys);
    this.host = host;
  }

  /**
   * Begins a run. The name of the machine is recorded if that is already permitted.
   *
   * @param command The command line, from the command's name.
   */
  static async begin(command: readonly string[]): Promise<RunContext> {
    const about = { name: "sys", kind: "hostname" } as const;
    const { state } = await Deno.permissions.query(about);
    const host = state === "granted" ? Deno.hostname() : undefined;
    return new RunContext(command, host);
  }

  /** The run, to be recorded in files. */
  get producer(): Producer {
    return { version: project.version, run: this.id };
  }

  /** A record of the run, for work that ends now. */
  record(
    { start, device }: {
      /** Start time of the work. */
      readonly start: Date;
      /** The device. */
      readonly device?: {
        readonly about: AdapterDescription;
        readonly precision: string;
      };
    },
  ): RunRecord {
    return {
      id: this.id,
      version: project.version,
      runtime: `Deno ${Deno.version.deno}`,
      command: this.#command,
      ...(this.host !== undefined && { host: this.host }),
      platform: `${Deno.build.os} ${Deno.build.arch}`,
      ...(device && { device: deviceOf(device) }),
      start: start.toISOString(),
      end: new Date().toISOString(),
    };
  }
}

function deviceOf(
  { about, precision }: {
    readonly about: AdapterDescription;
    readonly precision: string;
  },
): RunRecord["device"] {
  const { name, vendor, driver, backend, software } = about;
  return { adapter: name, vendor, driver, backend, software, precision };
}

/** Removes query and credentials of URLs, which may hold keys. */
function withoutKeys(argument: string): string {
  return argument.replace(
    /(https?:\/\/)(?:[^\s/?#]*@)?([^\s?#]*)(?:[?#]\S*)?/gi,
    "$1$2",
  );
}

/**
 * The status of a slide of a batch.
 *
 * @category Segmentation
 */
export interface BatchEntry {
  /** Path, or URL without a query. */
  readonly source: string;
  /** The place of its results in the output folder, without a suffix: `NAME` or `FOLDER/NAME`. */
  readonly place: string;
  /** `complete` means done by an earlier run. */
  readonly status: "done" | "complete" | "failed";
  /** The slide's summary, unless it failed. */
  readonly summary?: MaskSummary;
  /** The error in one line, if it failed. */
  readonly error?: string;
  /** Whether another try may do, if it failed: the network, a full disk, a lost device. */
  readonly mayPass?: boolean;
}
