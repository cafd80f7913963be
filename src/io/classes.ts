import { cannot } from "../errors/cannot.ts";

/**
 * A class of pixels. Lists of classes are ordered: in masks of several classes, 0 is background and k is the k-th class.
 *
 * @category Masks
 */
export interface MaskClass {
  /** Its name, on one line; QuPath's name of the class, where results go there. */
  readonly name: string;
  /** Its color, such as `#e69f00`. Default: one that people with color vision deficiency tell apart. */
  readonly color?: string;
}

/**
 * What makes probabilities of a network's outputs: `sigmoid` of each channel, one a class; or `softmax` over the channels,
 * the first of which is background.
 *
 * @category Prediction
 */
export type Activation = "sigmoid" | "softmax";

/** Most classes: with background, as many as a byte has values. */
export const MOST_CLASSES = 255;

/** The classes, if there are several: results of one class have none. */
export function severalOf(
  classes: readonly MaskClass[] | undefined,
): readonly MaskClass[] | undefined {
  return classes && classes.length > 1 ? classes : undefined;
}

/** Channels that a network of so many classes has. */
export function channelsOf(classes: number, activation: Activation): number {
  return activation === "softmax" ? classes + 1 : classes;
}

/**
 * Checks a list of classes.
 *
 * @throws {RangeError} If it is empty or has more than 255 classes, a name is empty, longer than 100 characters, not on one
 * line or not the only one of its kind, or a color is not like `#e69f00`.
 */
export function checkClasses(
  action: string,
  classes: readonly MaskClass[],
): void {
  const fault = faultOfClasses(classes);
  if (fault !== undefined) throw cannot(action, fault, { kind: RangeError });
}

/** What is wrong with a list of classes, if anything. */
export function faultOfClasses(
  classes: readonly MaskClass[],
): string | undefined {
  const { length } = classes;
  if (length < 1 || length > MOST_CLASSES) {
    return `a mask has 1 to ${MOST_CLASSES} classes, received ${length}`;
  }
  const names = new Set<string>();
  for (const { name, color } of classes) {
    const shown = JSON.stringify(name);
    if (!/^[^\p{Cc}\u2028\u2029]{1,100}$/u.test(name)) {
      return `the name of a class must have 1 to 100 characters on one line, received ${shown}`;
    }
    if (names.has(name)) return `two classes have the name ${shown}`;
    names.add(name);
    if (color !== undefined && !/^#[0-9a-f]{6}$/i.test(color)) {
      return `the color of class ${shown} must be like #e69f00, received ${
        JSON.stringify(color)
      }`;
    }
  }
}

/**
 * Colors that people with color vision deficiency tell apart.
 *
 * Source: Okabe and Ito, "Color Universal Design" (2008), without black.
 */
const PALETTE = [
  ...["#e69f00", "#56b4e9", "#009e73", "#f0e442"],
  ...["#0072b2", "#d55e00", "#cc79a7"],
];

/** The color of each class: its own, or one of the palette that no other class has. */
export function colorsOf(classes: readonly MaskClass[]): string[] {
  const taken = new Set(classes.map(({ color }) => color?.toLowerCase()));
  let next = 0;
  return classes.map(({ color }) => {
    if (color !== undefined) return color.toLowerCase();
    while (taken.has(paletteColor(next))) next++;
    return paletteColor(next++);
  });
}

/** A color of the palette; those after the last are hues far from the ones before. */
function paletteColor(index: number): string {
  if (index < PALETTE.length) return PALETTE[index];
  const hue = index * 137.508; // degrees: hues that stay far from those before
  const lightness = index % 2 === 0 ? 0.6 : 0.4;
  const reach = 0.65 * Math.min(lightness, 1 - lightness);
  const bytes = [0, 8, 4].map((turn) => {
    const place = (turn + hue / 30) % 12;
    const share = Math.max(-1, Math.min(place - 3, 9 - place, 1));
    return Math.round(255 * (lightness - reach * share));
  });
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The bytes of a color such as `#e69f00`. */
export function rgbOf(
  color: string,
): readonly [red: number, green: number, blue: number] {
  const value = parseInt(color.slice(1), 16);
  return [value >> 16, value >> 8 & 255, value & 255];
}
