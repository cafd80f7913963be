import type { MaskSummary } from "../masks/summarize_mask.ts";

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
