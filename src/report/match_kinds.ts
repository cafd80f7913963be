import type { MatchKind } from "../evaluate/object_matcher.ts";
import { type Markup, markup } from "./markup.ts";

/** How the outlines of a kind of match look: color and line both tell them apart. */
interface MatchStyle {
  /** The class in GeoJSON. */
  readonly name: string;
  /** The word for several. */
  readonly plural: string;
  readonly color: string;
  /** Lengths of dashes and gaps in pixels of the screen; none for a solid line. */
  readonly dash: string;
}

/**
 * Hits, misses and false alarms.
 *
 * Source of the colors: Okabe and Ito, "Color Universal Design" (2008).
 */
export const MATCH_STYLES: { readonly [K in MatchKind]: MatchStyle } = {
  hit: { name: "Hit", plural: "Hits", color: "#009e73", dash: "" },
  miss: { name: "Miss", plural: "Misses", color: "#d55e00", dash: "7 5" },
  falseAlarm: {
    name: "False alarm",
    plural: "False alarms",
    color: "#0072b2",
    dash: "2 4",
  },
};

/** The kinds, in the order of pages. */
export const MATCH_KINDS = Object.keys(MATCH_STYLES) as readonly MatchKind[];

/** The attributes of lines of a kind; they are on white, so that they show on any stain. */
export function strokeOf(kind: MatchKind): Markup {
  const { color, dash } = MATCH_STYLES[kind];
  return markup`stroke="${color}" stroke-dasharray="${dash || "none"}"`;
}

/** A piece of a kind's line, for legends. */
export function lineSample(kind: MatchKind): Markup {
  return markup`<svg class="sample" width="30" height="10" aria-hidden="true"><line class="halo" x1="2" x2="28" y1="5" y2="5"/><line x1="2" x2="28" y1="5" y2="5" ${
    strokeOf(kind)
  }/></svg>`;
}

/** Rings as the data of an SVG path, in pixels of a picture. */
export function pathOf(
  rings: readonly ArrayLike<number>[],
  { x, y, scale }: {
    readonly x: number;
    readonly y: number;
    /** Slide pixels per picture pixel. */
    readonly scale: number;
  },
): string {
  const place = (value: number, origin: number) =>
    Math.round((value - origin) / scale * 10) / 10;
  let path = "";
  for (const ring of rings) {
    let last = "";
    let text = "";
    for (let i = 0; i < ring.length; i += 2) {
      const next = `${place(ring[i], x)},${place(ring[i + 1], y)}`;
      if (next !== last) text += ` ${next}`;
      last = next;
    }
    path += `M${text.slice(1)}z`;
  }
  return path;
}
