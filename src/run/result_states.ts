import { join, posix } from "node:path";
import { isAbsent } from "../io/is_absent.ts";
import type { SlideItem } from "../view/view.ts";
import { readSummary } from "./find_results.ts";

/** What is known of a slide's results. */
export type ResultState = Pick<
  SlideItem,
  "state" | "objects" | "positiveFraction"
>;

/** Endings of results that are layers or objects of the page. */
const LAYERS = [
  ...["mask.tif", "probability.tif", "probability-1.tif", "geojson"],
];
const CORRECTED = "corrected.geojson";
const ALL = ["json", ...LAYERS, CORRECTED];
/** A run counts up in its lock file every few seconds; one that was killed does not. Milliseconds. */
const ALIVE = 30_000;
/** File systems tell times to two seconds; what was written since may have been read before. Milliseconds. */
const SETTLED = 5000;

/** What is kept of a summary. */
interface Numbers extends Omit<ResultState, "state"> {
  readonly width: number;
  readonly height: number;
}

/** A folder of results. */
interface Folder {
  /** When a file in it was last added, replaced or removed. */
  readonly changed: number;
  readonly names: ReadonlySet<string>;
}

/** Tells of the slides of a list what results they have in an output folder, each time anew, as runs go on. */
export class ResultStates {
  readonly #out: string;
  readonly #places: readonly (readonly string[])[];
  readonly #folders = new Map<string, Folder>();
  /** What summaries say, by place, and when their files were written. */
  readonly #numbers = new Map<
    string,
    { readonly written: number; readonly numbers: Numbers | undefined }
  >();

  /** Takes the places where the results of each slide may be, likeliest first. */
  constructor(out: string, places: readonly (readonly string[])[]) {
    this.#out = out;
    this.#places = places;
  }

  /** The states of all slides. */
  async read(): Promise<ResultState[]> {
    const seen = new Map<string, SeenFolder>();
    const states: ResultState[] = [];
    for (const places of this.#places) {
      const found = await this.#find(places, seen);
      states.push(found ? await this.#stateOf(found) : {});
    }
    return states;
  }

  /** Where the results of a slide are, if it has any, and whether there are some that `findLayers()` finds. */
  async find(
    number: number,
  ): Promise<
    { readonly place: string; readonly hasLayers: boolean } | undefined
  > {
    const found = await this.#find(this.#places[number], new Map());
    return found && hasAny(found, ALL)
      ? { place: found.place, hasLayers: hasAny(found, LAYERS) }
      : undefined;
  }

  /** The size of the slide that the results are of, if they say. */
  async sizeOf(
    number: number,
  ): Promise<Pick<Numbers, "width" | "height"> | undefined> {
    const found = await this.#find(this.#places[number], new Map());
    return found && await this.#numbersOf(found);
  }

  async #find(
    places: readonly string[],
    seen: Map<string, SeenFolder>,
  ): Promise<Found | undefined> {
    for (const place of places) {
      const path = posix.dirname(place);
      const folder = seen.get(path) ?? await this.#look(path);
      seen.set(path, folder);
      const found = { place, name: posix.basename(place), ...folder };
      if (hasAny(found, ALL) || found.names.has(lockOf(found))) return found;
    }
  }

  /** Reads the names in a folder, unless nothing has changed there. */
  async #look(path: string): Promise<SeenFolder> {
    const folder = join(this.#out, path);
    const changed = await timeOf(folder);
    const known = this.#folders.get(path);
    const isSettled = Date.now() - changed > SETTLED;
    if (known?.changed === changed && isSettled) {
      return { names: known.names, isSame: true };
    }
    const names = await namesIn(folder);
    this.#folders.set(path, { changed: isSettled ? changed : -1, names });
    return { names, isSame: false };
  }

  async #stateOf(found: Found): Promise<ResultState> {
    const { place, name, names } = found;
    if (names.has(lockOf(found))) {
      const lock = join(this.#out, posix.dirname(place), lockOf(found));
      const age = Date.now() - await timeOf(lock);
      if (age < ALIVE) return { state: "running" };
    }
    if (!hasAny(found, ALL)) return {};
    const { objects, positiveFraction } = await this.#numbersOf(found) ?? {};
    const state = names.has(`${name}.${CORRECTED}`) ? "corrected" : "done";
    return { state, objects, positiveFraction };
  }

  async #numbersOf(
    { place, name, names, isSame }: Found,
  ): Promise<Numbers | undefined> {
    if (!names.has(`${name}.json`)) return undefined;
    const known = this.#numbers.get(place);
    if (known && isSame) return known.numbers;
    const path = join(this.#out, `${place}.json`);
    const written = await timeOf(path);
    if (known?.written === written) return known.numbers;
    const summary = await readSummary(path, name);
    const numbers = summary && {
      width: summary.slide.width,
      height: summary.slide.height,
      objects: summary.objects.count,
      positiveFraction: (summary.region ?? summary).positiveFraction,
    };
    this.#numbers.set(place, { written, numbers });
    return numbers;
  }
}

/** A folder, and whether nothing in it has changed since the last time. */
interface SeenFolder {
  readonly names: ReadonlySet<string>;
  readonly isSame: boolean;
}

/** Files that may be a slide's results. */
interface Found extends SeenFolder {
  readonly place: string;
  readonly name: string;
}

function hasAny({ name, names }: Found, endings: readonly string[]): boolean {
  return endings.some((ending) => names.has(`${name}.${ending}`));
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
