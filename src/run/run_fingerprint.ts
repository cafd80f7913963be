import { createHash } from "node:crypto";
import type { Slide } from "../slide/slide.ts";
import { type InferOptions, inferOptions } from "./infer_options.ts";

/**
 * A digest of all that a slide's results follow from: the options, the weights' contents, and the state of the slide's file.
 * `undefined` if a server tells nothing of that state.
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
  const names = Object.keys(inferOptions) as (keyof InferOptions)[];
  const relevant = names.flatMap((name) => {
    const { affects = true } = inferOptions[name];
    const value = options[name];
    const counts = affects === true ||
      affects === "if given" && value !== undefined;
    if (!counts) return [];
    return [[name, value instanceof Set ? [...value].sort() : value]];
  }).sort();
  const parts = [relevant, weightHashes, { width, height, mpp, version }];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
