import { shownSource } from "./shown_source.ts";
import { slideName } from "./slide_name.ts";

/** A slide, and what tells its results apart from those of others. */
export interface NamedSlide {
  /** Path or URL. */
  readonly source: string;
  /** What its results are called. Default: the slide's name. */
  readonly place?: string;
}

/**
 * Refuses two slides of one name before any work: the second one's results would take the place of the first one's.
 *
 * @param wayOut What to do about it.
 * @throws {Error} that names both.
 */
export function refuseNamesakes(
  slides: readonly NamedSlide[],
  wayOut: (
    one: string,
    other: string,
  ) => string = () => "rename one, or run them one by one",
): void {
  const sources = new Map<string, string>();
  for (const { source, place = slideName(source) } of slides) {
    const key = ignoresCase ? place.toLowerCase() : place;
    const other = sources.get(key);
    if (other !== undefined) {
      throw new Error(
        `Cannot tell results apart as each slide needs a name of its own: received "${place}" for ${
          shownSource(other)
        } and ${shownSource(source)}; ${wayOut(other, source)}`,
      );
    }
    sources.set(key, source);
  }
}

/** Whether "A" and "a" are one file, as they usually are there. */
const ignoresCase = ["darwin", "windows"].includes(Deno.build.os);
