import type { MaskSummary } from "../masks/summarize_mask.ts";
import { readEntryOf } from "../report/report_entry.ts";

/** Larger files are no summaries. */
const MOST = 1 << 22;

/** A slide's results in an output folder. */
export interface FoundResult {
  /** Where they lie in the folder, without an ending: `NAME`, or `FOLDER/NAME`. */
  readonly place: string;
  /** What `NAME.json` says, where there is one. */
  readonly summary?: MaskSummary;
  /** Whether there is a `NAME.objects.csv`. */
  readonly objects: boolean;
}

/**
 * Finds what runs have left in an output folder and those within, by the slides' `NAME.json`, and where a run wrote none, by
 * its page or its table of objects; slides in `known` are there in any case. In the order of their places, numbers by value.
 */
export async function findResults(
  out: string,
  known: readonly string[] = [],
): Promise<FoundResult[]> {
  const found: FoundResult[] = [];
  const isKnown = new Set(known);
  for await (const { folder, names } of foldersIn(out, "")) {
    const candidates = [...names].flatMap((name) =>
      /^(.+?)\.(?:json|html|objects\.csv)$/.exec(name)?.[1] ?? []
    );
    for (const name of new Set(candidates)) {
      const place = folder + name;
      const summary = names.has(`${name}.json`)
        ? await readSummary(`${out}/${place}.json`, name)
        : undefined;
      const objects = names.has(`${name}.objects.csv`);
      const isOne = summary || objects || isKnown.has(place) ||
        (await readEntryOf(`${out}/${place}.html`))?.name === name;
      if (isOne) found.push({ place, summary, objects });
    }
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  return found.sort((a, b) => compare(a.place, b.place));
}

/** The files of a folder and of those within; links to folders are not followed. */
async function* foldersIn(
  out: string,
  folder: string,
): AsyncGenerator<{ folder: string; names: Set<string> }> {
  const names = new Set<string>();
  const within: string[] = [];
  try {
    for await (const entry of Deno.readDir(`${out}/${folder}`)) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) within.push(`${folder}${entry.name}/`);
      else names.add(entry.name);
    }
  } catch (error) {
    if (folder === "") throw error;
    return; // a folder of somebody else's
  }
  yield { folder, names };
  for (const one of within) yield* foldersIn(out, one);
}

/** Reads a file that may be a slide's summary; `undefined` where it is something else. */
async function readSummary(
  path: string,
  name: string,
): Promise<MaskSummary | undefined> {
  try {
    if ((await Deno.stat(path)).size > MOST) return undefined;
    const summary: MaskSummary = JSON.parse(await Deno.readTextFile(path));
    const isOne = summary.slide.name === name &&
      Number.isFinite(summary.objects.count) &&
      Number.isFinite(summary.tiles.seen) &&
      Number.isFinite(summary.positiveFraction);
    return isOne ? summary : undefined;
  } catch {
    return undefined;
  }
}
