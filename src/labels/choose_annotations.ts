import { cannot } from "../errors/cannot.ts";
import { type Annotation, normalizeClass } from "./read_geojson_polygons.ts";

/** Options for {@linkcode chooseAnnotations}. */
export interface ChooseAnnotationsOptions {
  /** A class and the classes derived from it; `"unclassified"`; or `"*"` for all that QuPath does not ignore. */
  readonly classification?: string;
  /** The class if there are several and none is requested. */
  readonly preferred?: string;
  /** Width of the slide in level-0 pixels. */
  readonly width: number;
  /** Height of the slide in level-0 pixels. */
  readonly height: number;
}

/** Result of {@linkcode chooseAnnotations}. */
export interface ChosenAnnotations {
  /** The foreground. */
  readonly chosen: readonly Annotation[];
  /** Warnings about skipped annotations, one line each. */
  readonly warnings: readonly string[];
}

/** The name of annotations without a class. */
export const UNCLASSIFIED = "unclassified";

/** A rectangle that covers this fraction of the slide is around the whole slide. */
const WHOLE = 0.99;

/**
 * Chooses the annotations that are foreground. Annotations of a class that QuPath ignores (`Ignore*`, `Region*`) are
 * skipped unless their class is requested; unclassified rectangles around the whole slide are always skipped.
 *
 * @throws {RangeError} If there are several classes and none is requested.
 */
export function chooseAnnotations(
  annotations: readonly Annotation[],
  options: ChooseAnnotationsOptions,
): ChosenAnnotations {
  const { classification, preferred } = options;
  const ignored: Annotation[] = [];
  const whole: Annotation[] = [];
  const rest: Annotation[] = [];
  for (const one of annotations) {
    if (isIgnored(one.name)) ignored.push(one);
    else if (isAroundSlide(one, options)) whole.push(one);
    else rest.push(one);
  }
  if (classification !== undefined && classification !== "*") {
    return ofClass([...rest, ...ignored], classification);
  }
  const classes = countClasses(rest);
  if (classes.size > 1 && classification === undefined) {
    if (preferred !== undefined && preferred !== "*") {
      return ofClass([...rest, ...ignored], preferred);
    }
    if (preferred === undefined) throw severalClasses(classes);
  }
  const warnings: string[] = [];
  if (ignored.length > 0) {
    warnings.push(
      `annotations of classes that QuPath ignores are left out: ${
        listClasses(countClasses(ignored))
      }; --class takes one`,
    );
  }
  if (whole.length > 0) {
    warnings.push(
      `${whole.length} unclassified rectangle${
        whole.length > 1 ? "s" : ""
      } around the whole slide left out`,
    );
  }
  return { chosen: rest, warnings };
}

/** The error that one of several classes must be chosen. */
export function severalClasses(classes: ReadonlyMap<string, number>): Error {
  return cannot(
    "choose annotations",
    `they have several classes, ${
      listClasses(classes)
    }; choose one with --class NAME, several by repeating it, or all as one with --class '*'`,
    { kind: RangeError },
  );
}

/** The number of annotations per class; those without one are {@linkcode UNCLASSIFIED}. */
export function countClasses(
  annotations: readonly Annotation[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name = UNCLASSIFIED } of annotations) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Classes with their counts as text, the most frequent first. */
export function listClasses(classes: ReadonlyMap<string, number>): string {
  return [...classes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} (${count})`).join(", ");
}

/** Whether a class is `from` or derived from it, as `Tumor: Positive` is from `Tumor`. */
export function isDerived(
  name: string = UNCLASSIFIED,
  from: string,
): boolean {
  const base = normalizeClass(from);
  return name === base || name.startsWith(`${base}: `);
}

function ofClass(
  annotations: readonly Annotation[],
  classification: string,
): ChosenAnnotations {
  const chosen = annotations.filter(({ name }) =>
    isDerived(name, classification)
  );
  return {
    chosen,
    warnings: chosen.length > 0 || annotations.length === 0 ? [] : [
      `no annotation is of class ${classification}, so that its mask is empty: there are ${
        listClasses(countClasses(annotations))
      }`,
    ],
  };
}

/** QuPath marks the classes that it ignores with an asterisk. */
export function isIgnored(name: string | undefined): boolean {
  return name?.split(": ").some((part) => part.endsWith("*")) === true;
}

/** Whether an annotation is an unclassified rectangle around the whole slide. */
export function isAroundSlide(
  { name, polygons }: Annotation,
  { width, height }: Pick<ChooseAnnotationsOptions, "width" | "height">,
): boolean {
  if (name !== undefined || polygons.length !== 1) return false;
  const [ring, ...holes] = polygons[0];
  if (holes.length > 0 || ring.length > 20) return false;
  const xs = ring.filter((_, i) => i % 2 === 0);
  const ys = ring.filter((_, i) => i % 2 === 1);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const isRectangle = xs.every((x, i) =>
    (x === left || x === right) && (ys[i] === top || ys[i] === bottom)
  );
  const overlap = (from: number, to: number, side: number) =>
    Math.max(0, Math.min(to, side) - Math.max(from, 0)) / side;
  return isRectangle &&
    overlap(left, right, width) * overlap(top, bottom, height) >= WHOLE;
}
