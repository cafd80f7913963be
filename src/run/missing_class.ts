import { cannot } from "../errors/cannot.ts";
import { isDerived, listClasses } from "../labels/choose_annotations.ts";
import type { Labels } from "../labels/open_labels.ts";
import { closest } from "../options/parse_options.ts";
import { type SlideEntry, slideName } from "./list_slides.ts";

/**
 * Searches the labels of slides for a class before work begins. Labels that are missing, unreadable or without classes are
 * reported when their slide is opened.
 *
 * @throws {RangeError} If no label has it; the message lists the classes.
 */
export async function findClass(
  labels: Labels,
  classification: string | readonly string[] | undefined,
  { slides, signal }: {
    readonly slides: readonly SlideEntry[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (classification === undefined || classification === "*") return;
  for (const { source, error } of slides) {
    if (error !== undefined) return;
    try {
      if (!await labels.classesOf(slideName(source), { signal })) return;
    } catch {
      signal.throwIfAborted();
      return;
    }
    if (namesOf(classification).every((name) => hasClass(labels, name))) return;
  }
  missingClass(labels, classification);
}

function namesOf(
  classification: string | readonly string[],
): readonly string[] {
  return typeof classification === "string" ? [classification] : classification;
}

/**
 * Checks that one of the labels read so far has a class; each of several, if the labels are GeoJSON.
 *
 * @throws {RangeError} If none has it; the message lists the classes.
 */
export function missingClass(
  labels: Labels,
  classification: string | readonly string[] | undefined,
): void {
  if (classification === undefined || classification === "*") return;
  if (typeof classification === "string") {
    return expectClass(labels, classification);
  }
  // Masks and codes are not read through for the classes that they have.
  if (labels.classes.size === 0) return;
  for (const name of classification) expectClass(labels, name);
}

function expectClass(labels: Labels, classification: string): void {
  if (hasClass(labels, classification)) return;
  const { classes } = labels;
  const names = [...classes.keys()].flatMap((
    name,
  ) => [name, name.split(": ")[0]]);
  const meant = closest(classification, names);
  const found = classes.size > 0
    ? `no label has this class, only ${listClasses(classes)}`
    : "no label has a class";
  throw cannot(
    `take labels of class "${classification}"`,
    found + (meant ? `; did you mean "${meant}"?` : ""),
    { kind: RangeError },
  );
}

function hasClass({ classes }: Labels, classification: string): boolean {
  return [...classes.keys()].some((name) => isDerived(name, classification));
}
