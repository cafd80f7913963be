import type { Gpu } from "../gpu/gpu.ts";
import type { ProfileEntry } from "../gpu/profiler.ts";
import type { BatchEntry } from "./batch_entry.ts";

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
