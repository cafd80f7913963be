import { cannot } from "../errors/cannot.ts";
import {
  type Activation,
  faultOfClasses,
  type MaskClass,
} from "../io/classes.ts";
import type { Normalization } from "../kernels/tile.ts";

/** Keys of a safetensors file's metadata, named as in Hugging Face's image processors. */
const MEAN = "image_mean";
const STD = "image_std";

/** Means and standard deviations of three channels, 0 to 1; `undefined` if the values are anything else. */
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

/** A network's normalization as its checkpoint's metadata. */
export function writeNormalization(
  { mean, std }: Normalization,
): Record<string, string> {
  return { [MEAN]: JSON.stringify(mean), [STD]: JSON.stringify(std) };
}

/**
 * Reads a normalization from {@linkcode writeNormalization}; `undefined` if the metadata have none.
 *
 * @throws {SyntaxError} If it is malformed.
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
  throw cannot(
    action(name),
    `${MEAN} and ${STD} in its metadata must each be three numbers from 0 to 1, and ${STD} above 0, received ${
      texts[0] ?? "nothing"
    } and ${texts[1] ?? "nothing"}`,
    { kind: SyntaxError },
  );
}

const action = (name: string) => `read checkpoint${name && ` "${name}"`}`;

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}

/** The key of a safetensors file's metadata. */
const KEY = "training";

/** How a network was trained, as recorded in its checkpoint. Lengths are in tile pixels: pixels after downsampling. */
export interface NetworkTraining {
  /** Micrometers per tile pixel, if tiles were cut by it. */
  readonly mpp?: number;
  /** Slide pixels per tile pixel, if tiles were cut by it. */
  readonly downsample?: number;
  /** Minimum and maximum micrometers per slide pixel of the training slides with a known scale. */
  readonly slideMpp?: readonly [least: number, most: number];
  /** Side of the tiles. */
  readonly tile?: number;
  /** Total expansion of tiles in validation, both sides together. */
  readonly expansion?: number;
  /** Classes of the labels that were used. Default: all. */
  readonly classes?: readonly string[];
  /** The classes that its outputs stand for, in order. Default: it does not say. */
  readonly outputs?: readonly MaskClass[];
  /** What makes probabilities of its outputs. Default: `sigmoid`. */
  readonly activation?: Activation;
  /** Seed of the random numbers. */
  readonly seed?: number;
  /** Number of folds. */
  readonly folds?: number;
  /** The fold used for validation, from 0. */
  readonly fold?: number;
  /** SHA-256 over names, sizes and versions of slides and labels; equal for equal data. */
  readonly data?: string;
  /** The version of Tilewise. */
  readonly version?: string;
}

const isText = (value: unknown) => typeof value === "string";
const isSize = (value: unknown) => typeof value === "number" && value > 0;
const isCount = (value: unknown) =>
  Number.isSafeInteger(value) && value as number >= 0;

function isClasses(value: unknown): boolean {
  return Array.isArray(value) &&
    value.every((one) =>
      typeof one === "object" && one !== null && isText(one.name) &&
      (one.color === undefined || isText(one.color))
    ) && faultOfClasses(value) === undefined;
}

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
  outputs: isClasses,
  activation: (value) => value === "sigmoid" || value === "softmax",
  seed: isCount,
  folds: isCount,
  fold: isCount,
  data: isText,
  version: isText,
};

/** How a network was trained, as its checkpoint's metadata. */
export function writeTraining(
  training: NetworkTraining,
): Record<string, string> {
  return { [KEY]: JSON.stringify(training) };
}

/**
 * Reads the metadata from {@linkcode writeTraining}; `undefined` if there are none. Unknown members, as of later versions,
 * are ignored.
 *
 * @throws {SyntaxError} If a value is malformed.
 */
export function readTraining(
  metadata: Readonly<Record<string, string>>,
  { name = "" }: { readonly name?: string } = {},
): NetworkTraining | undefined {
  const text = metadata[KEY];
  if (text === undefined) return undefined;
  const refuse = (reason: string) =>
    cannot(action(name), `"${KEY}" in its metadata ${reason}`, {
      kind: SyntaxError,
    });
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    // Reported below.
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
        `has an invalid ${key} (${JSON.stringify(value).slice(0, 40)})`,
      );
    }
    known[key] = value;
  }
  return known;
}
