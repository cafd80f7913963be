import { isDerived, listClasses } from "../labels/choose_annotations.ts";
import type { Labels } from "../labels/open_labels.ts";
import { closest } from "../options/parse_options.ts";
import type { SlideEntry } from "./list_slides.ts";

/**
 * Looks for a class in the labels of slides before work begins, until one has it. Labels that are missing, cannot be read or
 * have no classes are reported when their slide is opened.
 *
 * @throws {RangeError} where none has it; the message lists those there are.
 */
export async function findClass(
  labels: Labels,
  classification: string | undefined,
  { slides, signal }: {
    readonly slides: readonly SlideEntry[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (classification === undefined || classification === "*") return;
  for (const { source, error } of slides) {
    if (error !== undefined) return;
    try {
      const name = String(source).split(/[\\/]/).at(-1)!
        .replace(/(?<=.)\.[^.]*$/, "");
      if (!await labels.classesOf(name, { signal })) return;
    } catch {
      signal.throwIfAborted();
      return;
    }
    if (hasClass(labels, classification)) return;
  }
  missingClass(labels, classification);
}

/**
 * Refuses a class that no label has which was read.
 *
 * @throws {RangeError} where none has it; the message lists those there are.
 */
export function missingClass(
  labels: Labels,
  classification: string | undefined,
): void {
  if (classification === undefined || classification === "*") return;
  if (hasClass(labels, classification)) return;
  const { classes } = labels;
  const names = [...classes.keys()].flatMap((
    name,
  ) => [name, name.split(": ")[0]]);
  const meant = closest(classification, names);
  const there = classes.size > 0
    ? `there are ${listClasses(classes)}`
    : "there is none";
  throw new RangeError(
    `Cannot take labels of class "${classification}" as no label is of it: ${there}${
      meant ? `; did you mean "${meant}"?` : ""
    }`,
  );
}

function hasClass({ classes }: Labels, classification: string): boolean {
  return [...classes.keys()].some((name) => isDerived(name, classification));
}
