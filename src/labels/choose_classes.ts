import { cannot } from "../errors/cannot.ts";
import {
  type ChooseAnnotationsOptions,
  countClasses,
  isAroundSlide,
  isDerived,
  isIgnored,
  listClasses,
  UNCLASSIFIED,
} from "./choose_annotations.ts";
import { type Annotation, normalizeClass } from "./read_geojson_polygons.ts";

/** The classes of labels. */
export interface ClassList {
  /** Their names, in the order of their numbers: the first is 1. */
  readonly classes: readonly string[];
  /** Names of classes to leave out; `"*"` for all others. */
  readonly ignored?: readonly string[];
}

/** The class or the classes that are requested. */
export interface RequestedClasses extends Partial<ClassList> {
  /** The only class. */
  readonly classification?: string;
}

/** Result of {@linkcode chooseClasses}. */
export interface ChosenClasses {
  /** The annotations of the classes. */
  readonly chosen: readonly Annotation[];
  /** For each of them, the number of its class. */
  readonly values: readonly number[];
  /** Warnings about left-out annotations, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Finds the class of each annotation: the one of its name, else the nearest that it is derived from. Annotations of classes
 * to leave out are skipped with a warning, and so are those that QuPath ignores and unclassified rectangles around the slide.
 *
 * @throws {RangeError} If annotations are of other classes.
 */
export function chooseClasses(
  annotations: readonly Annotation[],
  { classes, ignored = [], ...slide }:
    & ClassList
    & Pick<ChooseAnnotationsOptions, "width" | "height">,
): ChosenClasses {
  const chosen: Annotation[] = [];
  const values: number[] = [];
  const [left, whole, others]: Annotation[][] = [[], [], []];
  for (const one of annotations) {
    const value = nearestClass(one.name, classes);
    if (value > 0) {
      chosen.push(one);
      values.push(value);
    } else if (isAroundSlide(one, slide)) whole.push(one);
    else if (isIgnored(one.name) || isLeftOut(one.name, ignored)) {
      left.push(one);
    } else others.push(one);
  }
  if (others.length > 0) throw otherClasses(countClasses(others), classes);
  const warnings = [];
  if (left.length > 0) {
    warnings.push(
      `annotations of other classes are left out: ${
        listClasses(countClasses(left))
      }`,
    );
  }
  if (whole.length > 0) {
    warnings.push(
      `${whole.length} unclassified rectangle${
        whole.length > 1 ? "s" : ""
      } around the whole slide left out`,
    );
  }
  return { chosen, values, warnings };
}

/** The number of a class's nearest relative among others, from 1; 0 if it is derived from none of them. */
export function nearestClass(
  name: string = UNCLASSIFIED,
  classes: readonly string[],
): number {
  let [nearest, length] = [0, -1];
  classes.forEach((one, i) => {
    const base = normalizeClass(one);
    if (!isDerived(name, base) || base.length <= length) return;
    [nearest, length] = [i + 1, base.length];
  });
  return nearest;
}

/** Whether the user said that a class is to be left out. */
export function isLeftOut(
  name: string | undefined,
  ignored: readonly string[],
): boolean {
  return ignored.some((one) => one === "*" || isDerived(name, one));
}

function otherClasses(
  others: ReadonlyMap<string, number>,
  classes: readonly string[],
): Error {
  return cannot(
    "choose annotations",
    `they have classes that are not among ${classes.join(", ")}: ${
      listClasses(others)
    }; add --class for each, or leave them out with --ignore-class NAME, or '*' for all others`,
    { kind: RangeError },
  );
}
