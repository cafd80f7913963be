/** A change of one token, or the negation of one condition. */
export interface Mutant {
  /** Path of the file from the project's root. */
  readonly file: string;
  /** Line of the change, from 1. */
  readonly line: number;
  /** The line as it is, without the white space around it. */
  readonly text: string;
  /** The same line with the change. */
  readonly changed: string;
  /** Where the change begins in the file, in UTF-16 units. */
  readonly start: number;
  /** What goes, and what comes in its place. */
  readonly before: string;
  readonly after: string;
}

/** A piece of a source that could be changed. */
export interface Change {
  readonly start: number;
  readonly before: string;
  readonly after: string;
}

/** What stands for what; in TypeScript and in WGSL, where equality is `==`. */
export const SWAPS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["<", "<="],
    [">", ">="],
    ["&&", "||"],
    ["===", "!=="],
    ["==", "!="],
    ["+", "-"],
    ["+=", "-="],
    ["ceil", "floor"],
    ["min", "max"],
    ["true", "false"],
  ].flatMap(([a, b]) => [[a, b], [b, a]]),
);

/** The number after `text`, in its own notation: "0x1f" → "0x20", "1.5" → "2.5", "4u" → "5u". */
export function nextNumber(text: string): string | undefined {
  const hex = /^0x([\da-f_]+)([iun]?)$/i.exec(text);
  if (hex) {
    const digits = hex[1].replaceAll("_", "");
    return `0x${(BigInt(`0x${digits}`) + 1n).toString(16)}${hex[2]}`;
  }
  const [, digits, suffix] = /^([\d_]*\.?[\d_]*)((?:e[-+]?\d+)?[iufhn]?)$/i
    .exec(text) ?? [];
  if (!digits) return undefined;
  const value = Number(digits.replaceAll("_", "")) + 1;
  if (!Number.isSafeInteger(Math.trunc(value))) return undefined;
  const isWhole = !digits.includes(".");
  return `${isWhole || value % 1 !== 0 ? value : value.toFixed(1)}${suffix}`;
}

/** Puts a mutant's change into the source of its file. */
export function applyMutant(source: string, mutant: Change): string {
  const { start, before, after } = mutant;
  if (!source.startsWith(before, start)) {
    throw new RangeError(`Cannot mutate: "${before}" is not at ${start}`);
  }
  return source.slice(0, start) + after + source.slice(start + before.length);
}
