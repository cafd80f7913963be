import {
  type CorrectionState,
  regionClass,
} from "../../src/corrections/correction.ts";
import type { ViewObject } from "../../src/view/description.ts";

/** A kind of objects: by what a person did to them, and regions that were looked at. */
export type ObjectKind = CorrectionState | "undecided" | "region";

/** How objects of one kind are told from others, besides by color. */
export interface ObjectStyle {
  /** What they are. */
  readonly word: string;
  /** Their mark in the list. */
  readonly mark: string;
  /** Their mark on the slide: lines in a square of 10 around 0, 0. */
  readonly icon?: string;
  /** Dashes of the outline, in pixels of the screen. */
  readonly dash: readonly number[];
  /** Width of the outline, in pixels of the screen. */
  readonly width: number;
}

/** How each kind is drawn and listed. */
export const STYLES: Readonly<Record<ObjectKind, ObjectStyle>> = {
  undecided: { word: "undecided", mark: "", dash: [], width: 2 },
  accepted: {
    word: "accepted",
    mark: "✓",
    icon: "M-4 0L-1 3L4-3",
    dash: [],
    width: 3.5,
  },
  changed: {
    word: "changed",
    mark: "Δ",
    icon: "M0-4L4 3H-4Z",
    dash: [16, 5],
    width: 2.5,
  },
  drawn: {
    word: "drawn",
    mark: "+",
    icon: "M-4 0H4M0-4V4",
    dash: [8, 5],
    width: 2.5,
  },
  rejected: {
    word: "rejected",
    mark: "×",
    icon: "M-3-3L3 3M3-3L-3 3",
    dash: [2, 4],
    width: 2,
  },
  region: { word: "region", mark: "▭", dash: [18, 6, 3, 6], width: 2.5 },
};

/** The kinds, in the order in which they are listed. */
export const KINDS = Object.keys(STYLES) as ObjectKind[];

/** The kind of an object. */
export function kindOf({ name, state }: ViewObject): ObjectKind {
  return name === regionClass.name ? "region" : state ?? "undecided";
}

/** How an object is drawn and listed. */
export function styleOf(object: ViewObject): ObjectStyle {
  return STYLES[kindOf(object)];
}

/** Whether it counts as an object: rejected ones and regions do not. */
export function isCounted(object: ViewObject): boolean {
  return !["rejected", "region"].includes(kindOf(object));
}
