import { UsageError } from "../errors/cannot.ts";
import type { OptionParts } from "./option.ts";

/** The names of the options on a command line. */
export function givenOptions(args: readonly string[]): ReadonlySet<string> {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  return new Set(
    options.flatMap((one) => /^--([^=]+)/.exec(one)?.slice(1, 2) ?? []),
  );
}

/**
 * The candidate that a mistyped word most likely means: one that begins with the word, or has at most one typo for every
 * three letters. `undefined` if there is none.
 */
export function closest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const given = word.toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const begins = given.length > 2 && known.startsWith(given);
    const typos = Math.min(distance(given, known), begins ? 0.5 : Infinity);
    const most = Math.max(given.length, known.length) / 3;
    if (typos > most || typos >= least) continue;
    best = candidate;
    least = typos;
  }
  return best;
}

/**
 * The number of letters to insert, delete, replace or swap with the next one to turn `a` into `b`.
 *
 * Source: the optimal string alignment distance, after Damerau, "A technique for computer detection and correction of
 * spelling errors", 1964.
 */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        next[j] = Math.min(next[j], before[j - 2] + 1);
      }
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/** A parsed command line. */
export interface ParsedOptions {
  /** Whether `--help` was given. */
  readonly help: boolean;
  /** The values of each given option, by its name; a switch has no values. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  /** The other arguments. */
  readonly rest: readonly string[];
}

/** Dashes, a name, and a value after `=`; copied text may have dashes of any width. */
const OPTION = /^([-\u2010-\u2015\u2212]+)([^=]*)(?:=(.*))?$/su;

/**
 * Parses a command line. Errors are an unknown option, an option that lacks its value, a switch with a value, and an option
 * with two different values. Negative numbers are values (`--threshold -0.5`); the option's own check rejects them. `--help`
 * takes precedence over all errors.
 *
 * @param options The options, by their names.
 * @throws {UsageError} If the arguments are invalid.
 */
export function parseOptions(
  args: readonly string[],
  options: Readonly<
    Record<string, Pick<OptionParts, "value" | "repeats" | "negated">>
  >,
): ParsedOptions {
  const names = Object.entries(options).flatMap(([name, { negated }]) =>
    negated ? [name, `no-${name}`] : [name]
  ).concat("help");
  const end = args.indexOf("--");
  const left = args.slice(0, end < 0 ? args.length : end);
  const rest: string[] = [];
  const given = new Map<string, string[]>();
  if (left.some((argument) => argument === "--help" || argument === "-h")) {
    return { help: true, given, rest };
  }
  const before = new Map<string, string>();
  for (let argument; (argument = left.shift()) !== undefined;) {
    const [, dashes, name, value] = OPTION.exec(argument) ?? [];
    if (name === undefined || argument === "-") {
      rest.push(argument);
      continue;
    }
    if (dashes !== "--" || !names.includes(name)) {
      const meant = closest(name, [...names, "version"]);
      throw new UsageError(
        `Unknown option ${name === "" ? argument : dashes + name}` +
          (meant === undefined ? "" : `; did you mean --${meant}?`),
      );
    }
    const subject = name.replace(/^no-/, "");
    const { value: takes, repeats } = options[subject];
    const received = takes === undefined ? value : value ?? nextValue(left);
    if (takes !== undefined && !received) {
      throw new UsageError(`--${name} needs a value`);
    }
    if (takes === undefined && received !== undefined) {
      throw new UsageError(`--${name} takes no value, received "${received}"`);
    }
    const values = received === undefined ? [] : [received];
    if (repeats) {
      given.set(name, [...given.get(name) ?? [], ...values]);
      continue;
    }
    const text = `--${[name, ...values].join("=")}`;
    const other = before.get(subject) ?? text;
    if (other !== text) {
      throw new UsageError(`${other} and ${text} cannot be combined`);
    }
    before.set(subject, text);
    given.set(name, values);
  }
  return {
    help: false,
    given,
    rest: rest.concat(args.slice(end < 0 ? args.length : end + 1)),
  };
}

/** Takes the next argument if it is a value: a text without a dash, or a number. */
function nextValue(left: string[]): string {
  const isValue = left.length > 0 && /^(?!-)|^-\.?\d/.test(left[0]);
  return isValue ? left.shift()! : "";
}
