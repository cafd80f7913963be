import { posix } from "node:path";
import { lastPart } from "../slide/slide_name.ts";
import { folderOf, foldersOf } from "./find_results.ts";
import { type SlideEntry, slideName } from "./list_slides.ts";

/** The most folders of a slide by which its results are searched. */
const DEEPEST = 8;

/**
 * Where the results of each slide may be in an output folder, likeliest first: where `infer --keep-folders` places them for
 * these slides; in fewer of the slide's folders, or none; in more of them, as for a run over more slides. A place that could
 * be another slide's as well is left out, so that slides of one name in one folder have none.
 *
 * @returns for each slide, places without a suffix: `NAME` or `FOLDER/NAME`.
 */
export function resultPlaces(slides: readonly SlideEntry[]): string[][] {
  const names = slides.map(({ source }) => slideName(source));
  const planned = foldersOf(slides)
    .map((folder, i) => posix.join(folder, names[i]));
  const others = slides.map(({ source }, i) => endings(source, names[i]));
  const [isPlanned, isOther] = [planned, others.flat()].map(tally);
  return others.map((places, i) => [
    ...(isPlanned.get(planned[i]) === 1 ? [planned[i]] : []),
    ...places.filter((place) =>
      isOther.get(place) === 1 && place !== planned[i]
    ),
  ]);
}

/** `NAME`, `FOLDER/NAME`, and so on with more of its folders. */
function endings(source: string, name: string): string[] {
  const folders = folderOf(source).split(/[\\/]/)
    .filter((folder) => folder !== "" && !folder.includes(":"));
  const places = [name];
  for (const folder of folders.toReversed().slice(0, DEEPEST)) {
    places.push(`${folder}/${places.at(-1)}`);
  }
  return places;
}

function tally(list: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

/**
 * Names that tell slides apart: their own; with folders if others have the same; with the extension, too, if it takes that.
 */
export function uniqueNames(slides: readonly SlideEntry[]): string[] {
  const names = slides.map(({ source }) => slideName(source));
  const folders = foldersOf(slides);
  const longer = names.map((name, i) => posix.join(folders[i], name));
  const [isName, isLonger] = [names, longer].map(tally);
  return names.map((name, i) => {
    if (isName.get(name) === 1) return name;
    if (isLonger.get(longer[i]) === 1) return longer[i];
    return posix.join(folders[i], lastPart(slides[i].source));
  });
}
