import { unicodeWidth } from "@std/cli/unicode-width";

/** What a line of progress says. */
export interface LineParts {
  /** What is worked on. */
  readonly name: string;
  /** How much of it is done, 0 to 1. */
  readonly share: number;
  /** How far it is in words, the most important part first, separated by commas. */
  readonly text: string;
}

/** Columns of the bar. */
const BAR = 30;
/** A bar, or a name, that is shorter says nothing. */
const LEAST = 8;

const segmenter = new Intl.Segmenter("en");

/**
 * A line of progress that a terminal of so many columns shows on one row. Where it is too long, the bar is shortened and left
 * out first; then the name is shortened, then parts of the text are left out from the end.
 */
export function fitLine(
  { name, share, text }: LineParts,
  columns: number,
): string {
  // What is written into the last column makes some terminals go on in the next row.
  const room = Math.max(1, columns - 1);
  // File names may hold line ends, and what terminals obey.
  const label = name.replace(/\p{Cc}/gu, "\ufffd");
  const left = room - widthOf(label) - widthOf(text) - 1;
  if (left > LEAST) {
    const length = Math.min(BAR, left - 1);
    const filled = Math.floor(Math.min(1, Math.max(0, share)) * length);
    return `${label} ${"█".repeat(filled).padEnd(length, "░")} ${text}`;
  }
  const parts = text.split(", ");
  for (let count = parts.length; count > 0; count--) {
    const shown = parts.slice(0, count).join(", ");
    const most = room - 1 - widthOf(shown);
    if (most >= Math.min(LEAST, widthOf(label))) {
      return `${shorten(label, most)} ${shown}`;
    }
  }
  return shorten(parts[0], room);
}

/** As many columns of a terminal as a text takes: two for a character of East Asia, or a picture. */
export function widthOf(text: string): number {
  return Iterator.from(segmenter.segment(text))
    .reduce((sum, { segment }) => sum + segmentWidth(segment), 0);
}

/** Of what is drawn as one; the selector asks for the picture of a sign that is narrow else. */
function segmentWidth(segment: string): number {
  return segment.includes("\ufe0f") ? 2 : unicodeWidth(segment);
}

/** The text, or its beginning and an ellipsis. */
function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let short = "";
  let width = 1; // the ellipsis
  for (const { segment } of segmenter.segment(text)) {
    width += segmentWidth(segment);
    if (width > columns) break;
    short += segment;
  }
  return short + "…";
}
