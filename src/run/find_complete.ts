import type { MaskSummary } from "../masks/summarize_mask.ts";
import type { InferOptions } from "./infer_options.ts";
import { resultFiles } from "./result_formats.ts";

/**
 * Finds the summary of a slide that need not be run again. `NAME.json` is written last and, as all results are, renamed
 * into place when whole, so that after a killed run it is missing, or an older one. An older one may come from a run with
 * the very settings asked for, while a later run with others has replaced files beside it before it was killed. So a slide
 * is complete where its summary has the run's fingerprint (settings, weights, state of the slide's file), and each file
 * that is asked for is there and not newer than the summary. Times of files of one folder are compared with each other
 * alone: the slide's may be from another machine's clock.
 */
export async function findComplete(
  name: string,
  { options, fingerprint }: {
    readonly options: InferOptions;
    readonly fingerprint: string | undefined;
  },
): Promise<MaskSummary | undefined> {
  if (fingerprint === undefined) return undefined;
  const path = `${options.out}/${name}.json`;
  try {
    const summary: MaskSummary = JSON.parse(await Deno.readTextFile(path));
    if (summary.settings?.fingerprint !== fingerprint) return undefined;
    const written = await timeOf(path);
    for (const file of resultFiles(name, options)) {
      if (await timeOf(file) > written) return undefined;
    }
    return summary;
  } catch {
    return undefined; // what is missing or unreadable is not complete
  }
}

async function timeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mtime?.getTime() ?? NaN;
}
