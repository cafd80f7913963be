import { join, posix } from "node:path";
import { isAbsent } from "../io/is_absent.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import type { SlideItem } from "../view/view.ts";
import { readSummary } from "./find_results.ts";

/** What is known of a slide's results. */
export type ResultState = Pick<
  SlideItem,
  "state" | "objects" | "positiveFraction"
>;

/** Endings of what shows that a slide has results. */
const ENDINGS = ["json", "mask.tif", "probability.tif", "geojson"];
/** A run counts up in its lock file every few seconds; one that was killed does not. Milliseconds. */
const ALIVE = 30_000;

/** Tells of the slides of a list what results they have in an output folder, each time anew, as runs go on. */
export class ResultStates {
  readonly #out: string;
  readonly #places: readonly (readonly string[])[];
  /** Summaries, by place, and when their files were written. */
  readonly #summaries = new Map<
    string,
    { readonly written: number; readonly summary: MaskSummary | undefined }
  >();

  /** Takes the places where the results of each slide may be, likeliest first. */
  constructor(out: string, places: readonly (readonly string[])[]) {
    this.#out = out;
    this.#places = places;
  }

  /** The states of all slides. */
  async read(): Promise<ResultState[]> {
    const folders = new Map<string, ReadonlySet<string>>();
    const states: ResultState[] = [];
    for (const places of this.#places) {
      const found = await this.#find(places, folders);
      states.push(found ? await this.#stateOf(found) : {});
    }
    return states;
  }

  /** Where the results of a slide are. */
  async placeOf(number: number): Promise<string | undefined> {
    const found = await this.#find(this.#places[number], new Map());
    // A run that has begun has written nothing yet.
    return found && hasAny(found) ? found.place : undefined;
  }

  /** The size of the slide that the results are of, if they say. */
  async sizeOf(number: number): Promise<MaskSummary["slide"] | undefined> {
    const place = await this.placeOf(number);
    return place === undefined
      ? undefined
      : (await this.#summaryAt(place))?.slide;
  }

  async #find(
    places: readonly string[],
    folders: Map<string, ReadonlySet<string>>,
  ): Promise<Found | undefined> {
    for (const place of places) {
      const folder = posix.dirname(place);
      const names = folders.get(folder) ??
        await namesIn(join(this.#out, folder));
      folders.set(folder, names);
      const found = { place, name: posix.basename(place), names };
      if (hasAny(found) || names.has(lockOf(found))) return found;
    }
  }

  async #stateOf(found: Found): Promise<ResultState> {
    const { place, name, names } = found;
    if (names.has(lockOf(found))) {
      const lock = join(this.#out, posix.dirname(place), lockOf(found));
      const age = Date.now() - await timeOf(lock);
      if (age < ALIVE) return { state: "running" };
    }
    if (!hasAny(found)) return {};
    const summary = names.has(`${name}.json`)
      ? await this.#summaryAt(place)
      : undefined;
    return {
      state: names.has(`${name}.corrected.geojson`) ? "corrected" : "done",
      objects: summary?.objects.count,
      positiveFraction: (summary?.region ?? summary)?.positiveFraction,
    };
  }

  async #summaryAt(place: string): Promise<MaskSummary | undefined> {
    const path = join(this.#out, `${place}.json`);
    const written = await timeOf(path);
    const known = this.#summaries.get(place);
    if (known?.written === written) return known.summary;
    const summary = await readSummary(path, posix.basename(place));
    this.#summaries.set(place, { written, summary });
    return summary;
  }
}

/** Files that may be a slide's results. */
interface Found {
  readonly place: string;
  readonly name: string;
  /** The names in their folder. */
  readonly names: ReadonlySet<string>;
}

function hasAny({ name, names }: Found): boolean {
  return ENDINGS.some((ending) => names.has(`${name}.${ending}`));
}

function lockOf({ name }: Pick<Found, "name">): string {
  return `.${name}.lock`;
}

async function namesIn(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(folder)) names.add(name);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return names;
}

/** When a file was written; 0 if it is not there. */
async function timeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return 0;
  }
}
