import type { Normalization } from "../kernels/tile.ts";

/** Keys of a safetensors file's metadata, as Hugging Face's image processors call them. */
const MEAN = "image_mean";
const STD = "image_std";

/** Means and deviations of three channels, of 0 to 1; `undefined` where that is not what they are. */
export function toNormalization(
  mean: unknown,
  std: unknown,
): Normalization | undefined {
  const fits =
    [mean, std].every((values) =>
      Array.isArray(values) && values.length === 3 &&
      values.every((value) =>
        typeof value === "number" && value >= 0 && value <= 1
      )
    ) && !(std as number[]).includes(0);
  return fits ? { mean, std } as Normalization : undefined;
}

/** How a network's input is scaled, as its checkpoint's metadata say it. */
export function writeNormalization(
  { mean, std }: Normalization,
): Record<string, string> {
  return { [MEAN]: JSON.stringify(mean), [STD]: JSON.stringify(std) };
}

/**
 * Reads what {@linkcode writeNormalization} wrote; `undefined` where the metadata say nothing of it.
 *
 * @throws {SyntaxError} where they say what makes no sense.
 */
export function readNormalization(
  metadata: Readonly<Record<string, string>>,
  { name = "" }: { readonly name?: string } = {},
): Normalization | undefined {
  const texts = [metadata[MEAN], metadata[STD]];
  if (texts.every((text) => text === undefined)) return undefined;
  const [mean, std] = texts.map(parse);
  const normalization = toNormalization(mean, std);
  if (normalization) return normalization;
  throw new SyntaxError(
    `Cannot read checkpoint${
      name && ` ${name}`
    } as ${MEAN} and ${STD} of its metadata must be three numbers of 0 to 1 each, ${STD} above 0: received ${
      texts[0]
    } and ${texts[1]}`,
  );
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}

/** The key of a safetensors file's metadata. */
const KEY = "training";

/** What a network was trained with, as far as its checkpoint says it. Lengths are in tile pixels: pixels after downsampling. */
export interface NetworkTraining {
  /** Micrometers per tile pixel, where tiles were cut by it. */
  readonly mpp?: number;
  /** Slide pixels per tile pixel, where tiles were cut by it. */
  readonly downsample?: number;
  /** The least and the most micrometers per slide pixel of the training slides, as far as these said it. */
  readonly slideMpp?: readonly [least: number, most: number];
  /** Side of the tiles. */
  readonly tile?: number;
  /** What validation saw around a tile, both sides together. */
  readonly expansion?: number;
  /** Which classes of the labels were learned; all, where it does not say. */
  readonly classes?: readonly string[];
  /** What chance was decided by. */
  readonly seed?: number;
  /** How many folds the slides were split into. */
  readonly folds?: number;
  /** Which of them was kept for validation, from 0. */
  readonly fold?: number;
  /** SHA-256 over names, sizes and versions of slides and labels: equal where the data was the same. */
  readonly data?: string;
  /** The version of Tilewise that trained it. */
  readonly version?: string;
}

const isText = (value: unknown) => typeof value === "string";
const isSize = (value: unknown) => typeof value === "number" && value > 0;
const isCount = (value: unknown) =>
  Number.isSafeInteger(value) && value as number >= 0;

const CHECKS: Readonly<
  Record<keyof NetworkTraining, (value: unknown) => boolean>
> = {
  mpp: isSize,
  downsample: isSize,
  slideMpp: (value) =>
    Array.isArray(value) && value.length === 2 && value.every(isSize),
  tile: (value) => isSize(value) && isCount(value),
  expansion: isCount,
  classes: (value) => Array.isArray(value) && value.every(isText),
  seed: isCount,
  folds: isCount,
  fold: isCount,
  data: isText,
  version: isText,
};

/** What a network was trained with, for its checkpoint's metadata. */
export function writeTraining(
  training: NetworkTraining,
): Record<string, string> {
  return { [KEY]: JSON.stringify(training) };
}

/**
 * Reads what {@linkcode writeTraining} wrote; `undefined` where the metadata say nothing of it. What a later version may add is
 * passed over.
 *
 * @throws {SyntaxError} where they say what makes no sense.
 */
export function readTraining(
  metadata: Readonly<Record<string, string>>,
  { name = "" }: { readonly name?: string } = {},
): NetworkTraining | undefined {
  const text = metadata[KEY];
  if (text === undefined) return undefined;
  const refuse = (reason: string) =>
    new SyntaxError(
      `Cannot read checkpoint${
        name && ` ${name}`
      }: "${KEY}" of its metadata ${reason}`,
    );
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (typeof values !== "object" || !values || Array.isArray(values)) {
    throw refuse(`must be a JSON object (starts with ${text.slice(0, 40)})`);
  }
  const known: Record<string, unknown> = {};
  for (const [key, check] of Object.entries(CHECKS)) {
    const value = (values as Record<string, unknown>)[key];
    if (value === undefined || value === null) continue;
    if (!check(value)) {
      throw refuse(
        `has a ${key} that is none (${JSON.stringify(value).slice(0, 40)})`,
      );
    }
    known[key] = value;
  }
  return known;
}
