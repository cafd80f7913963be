import { createHash } from "node:crypto";
import type { Slide } from "../slide/slide.ts";
import type { InferOptions } from "./infer_options.ts";

/** Options that change nothing in the results but for rounding. All others count, so that one that is new counts too. */
const IRRELEVANT = [
  "slides",
  "weights",
  "out",
  "device",
  "memory",
  "tune",
  "timeout",
  "keepFolders",
  "overwrite",
  "resume",
  "live",
  "quiet",
];

/**
 * A digest of all that a slide's results follow from: the options, the weights' contents, and the state of the slide's file.
 * `undefined` where a server tells nothing of that state.
 */
export function runFingerprint(
  slide: Slide,
  { options, weightHashes }: {
    readonly options: InferOptions;
    readonly weightHashes: readonly string[];
  },
): string | undefined {
  const { width, height, mpp, version } = slide;
  if (version === undefined) return undefined;
  const relevant = Object.entries(options)
    .filter(([name]) => !IRRELEVANT.includes(name))
    .map((
      [name, value],
    ) => [name, value instanceof Set ? [...value].sort() : value])
    .sort();
  const parts = [relevant, weightHashes, { width, height, mpp, version }];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
