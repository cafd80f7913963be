import { join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import type { Evaluation } from "../evaluate/evaluate_counts.ts";
import { MAX_SUMMARY_BYTES } from "../io/limits.ts";
import { colorsOf, type MaskClass } from "../io/classes.ts";
import { isLeftOut, nearestClass } from "../labels/choose_classes.ts";
import type { MaskBand } from "../masks/mask_band.ts";
import type { Labels } from "../labels/open_labels.ts";
import { normalizeClass } from "../labels/read_geojson_polygons.ts";
import type { LabelOptions } from "../options/labels.ts";

/** The classes of an evaluation, if there are several, or predictions have several. */
export interface EvaluatedClasses {
  /** Their names, in the order of their numbers. */
  readonly names: readonly string[];
  /** Names of classes to leave out. */
  readonly ignored: readonly string[];
  /** The names of the predictions' classes in the order of their numbers; `undefined` if unknown. */
  readonly predicted?: readonly string[];
}

/** The classes of an evaluation: those given, else those of the predictions; `undefined` for one class. */
export function evaluatedClasses(
  { classification, ignoredClasses: ignored = [] }: Pick<
    LabelOptions,
    "classification" | "ignoredClasses"
  >,
  predicted: readonly string[] | undefined,
): EvaluatedClasses | undefined {
  const given = typeof classification === "string"
    ? [classification]
    : classification;
  if ((given?.length ?? 1) < 2 && (predicted?.length ?? 1) < 2) {
    return undefined;
  }
  if (given?.[0] === "*") {
    throw cannot(
      "take all classes as one",
      `predictions have several: ${
        predicted?.join(", ")
      }; name with --class those to evaluate`,
      { kind: RangeError },
    );
  }
  const names = given ??
    predicted!.filter((name) => !isLeftOut(name, ignored));
  if (predicted) numbersOf({ names, ignored, predicted }); // throws early
  return { names, ignored, predicted };
}

/**
 * The number of each predicted class among those of the evaluation, by its own number; 0 for those that are left out.
 *
 * @throws {RangeError} If predictions have a class that the evaluation lacks, or lack one of its classes.
 */
export function numbersOf(
  { names, ignored, predicted }: EvaluatedClasses & {
    readonly predicted: readonly string[];
  },
): Uint8Array<ArrayBuffer> {
  const action = "compare the classes of predictions and labels";
  const numbers = predicted.map((name) => nearestClass(name, names));
  const other = predicted.find((name, i) =>
    numbers[i] === 0 && !isLeftOut(name, ignored)
  );
  if (other !== undefined) {
    throw cannot(
      action,
      `predictions have the class "${other}", which is not among ${
        names.join(", ")
      }; add it with --class, or leave it out with --ignore-class`,
      { kind: RangeError },
    );
  }
  const missing = names.find((_, i) => !numbers.includes(i + 1));
  if (missing !== undefined) {
    throw cannot(
      action,
      `predictions lack the class "${missing}", they have ${
        predicted.join(", ")
      }; leave it out of --class, and its labels with --ignore-class "${missing}"`,
      { kind: RangeError },
    );
  }
  return Uint8Array.of(0, ...numbers);
}

/** Gives the classes in bands of predictions the numbers of the evaluation. */
export async function* renumber(
  bands: AsyncIterable<MaskBand>,
  { names, ignored, predicted }: EvaluatedClasses,
): AsyncGenerator<MaskBand> {
  const table = predicted && numbersOf({ names, ignored, predicted });
  for await (const band of bands) {
    const mask = table ? band.mask.map((value) => table[value]) : band.mask;
    yield { ...band, mask };
  }
}

/** The names of classes in the results of the first slide that says them, in `NAME.json`. */
export async function classesOfResults(
  folder: string,
  slides: readonly string[],
): Promise<readonly string[] | undefined> {
  for (const name of slides) {
    try {
      const path = join(folder, `${name}.json`);
      if ((await Deno.stat(path)).size > MAX_SUMMARY_BYTES) continue;
      const { classes } = JSON.parse(await Deno.readTextFile(path));
      const names = (classes as MaskClass[]).map(({ name }) => name);
      if (names.every((name) => typeof name === "string")) return names;
    } catch {
      // Another slide may say it; without, masks are of one class, or of those given.
    }
  }
}

/** A warning for each class without labels. */
export function unlabeledClasses({ classes = [] }: Evaluation): string[] {
  return classes
    .filter(({ pixels }) => pixels.truePositive + pixels.falseNegative === 0)
    .map(({ name }) =>
      `no label is of class "${name}": what is predicted of it counts as false`
    );
}

/** Classes with their colors: those of labels, else of a network's outputs, else of the palette. */
export function withColors(
  names: readonly string[],
  { labels, outputs = [] }: {
    readonly labels: Pick<Labels, "colors">;
    readonly outputs?: readonly MaskClass[];
  },
): MaskClass[] {
  const known = names.map((name): MaskClass => ({
    name,
    color: labels.colors.get(normalizeClass(name)) ??
      outputs.find((one) => one.name === name)?.color,
  }));
  return colorsOf(known).map((color, i) => ({ name: names[i], color }));
}
