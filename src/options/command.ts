import { UsageError } from "../errors/cannot.ts";
import { dicomwebOptions, seriesOf } from "./dicomweb.ts";
import { flagOf, type Option, type OptionsOf } from "./option.ts";
import { parseOptions } from "./parse_options.ts";

/** A rule about several options, and the message if it does not hold. */
export type Rule = readonly [holds: boolean, message: string];

/** A command: its arguments, options and help. */
export interface Command<T> {
  /** What it does, for help. */
  readonly about: string;
  /** Usage lines. */
  readonly usage: readonly string[];
  /** Its slides in help. Default: it takes none. */
  readonly slides?: readonly [value: string, help: string];
  /** Maximum number of slides. Default: any number. */
  readonly most?: 1;
  /** Its options in the order of help. */
  readonly options: OptionsOf<T>;
  /** Headings above options in help. */
  readonly headings?: Partial<Readonly<Record<keyof T, string>>>;
  /** The end of help. */
  readonly end: string;
  /** Rules about several options. */
  rules?(options: T): readonly Rule[];
}

/** The columns of help. */
const [INDENT, WIDTH] = [24, 80];

/**
 * Reads a command line: the options and the slides; `undefined` for `--help`.
 *
 * @throws {UsageError} If it is invalid.
 */
export function readCommand<T>(
  command: Command<T>,
  args: readonly string[],
): T & { readonly slides: readonly string[] } | undefined {
  const entries = Object.entries<Option<unknown>>(command.options)
    .map(([key, option]) => ({ key, option, flag: flagOf(key, option) }));
  const { help, given, rest: paths } = parseOptions(args, {
    ...(command.slides && dicomwebOptions),
    ...Object.fromEntries(entries.map(({ flag, option }) => [flag, option])),
  });
  if (help) return undefined;
  const [dicomweb, study, series] = command.slides
    ? Object.keys(dicomwebOptions).map((name) => given.get(name)?.[0])
    : [];
  const onServer = seriesOf({ dicomweb, study, series });
  const rest = onServer === undefined ? paths : [...paths, onServer];
  if (command.slides && rest.length === 0) {
    throw new UsageError("No slides given");
  }
  if (command.most !== undefined && rest.length > command.most) {
    throw new UsageError(
      `Only one slide can be shown at a time, received "${rest[1]}" too`,
    );
  }
  if (!command.slides && rest.length > 0) {
    throw new UsageError(`Unexpected argument "${rest[0]}"`);
  }
  const values = entries.map(({ key, option, flag }) => {
    const name = option.negated ? `no-${flag}` : flag;
    return [key, option.read(given.get(name), flag, given.has(flag))];
  });
  const options = {
    ...(command.slides && { slides: rest }),
    ...Object.fromEntries(values),
  };
  for (const [holds, message] of command.rules?.(options) ?? []) {
    if (!holds) throw new UsageError(message);
  }
  return options;
}

/** The text of `--help`. */
export function helpOf<T>(command: Command<T>): string {
  const { about, usage, slides, options, headings, end } = command;
  const lines = [
    about,
    "",
    ...usage.map((line, i) => `${i === 0 ? "Usage:" : "      "} ${line}`),
    "",
  ];
  if (slides) {
    lines.push(...entryOf(...slides));
    for (const [name, { value, help }] of Object.entries(dicomwebOptions)) {
      lines.push(...entryOf(`--${name} ${value}`, help));
    }
  }
  for (const [key, option] of Object.entries<Option<unknown>>(options)) {
    const heading = headings?.[key as keyof T];
    if (heading !== undefined) {
      if (lines.at(-1) !== "") lines.push("");
      if (heading !== "") lines.push(...wrap(heading, WIDTH));
    }
    const { value, help, negated } = option;
    const name = `--${negated ? "no-" : ""}${flagOf(key, option)}`;
    lines.push(...entryOf(value ? `${name} ${value}` : name, help));
  }
  lines.push(...entryOf("--help", "print this help"));
  return [...lines, "", end].join("\n");
}

function entryOf(name: string, help: string): string[] {
  const [first, ...more] = help.split("\n").flatMap((line) =>
    wrap(line, WIDTH - INDENT)
  );
  return [
    `  ${name}`.padEnd(INDENT) + first,
    ...more.map((line) => " ".repeat(INDENT) + line),
  ];
}

/** Wraps a text, but not before the last word in parentheses; an indented line stays as it is. */
function wrap(text: string, width: number): string[] {
  if (text.startsWith(" ")) return [text];
  const lines = [""];
  for (const word of text.split(/ (?![^\s(]+\))/)) {
    const line = lines.at(-1)!;
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > width && line !== "") lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Adds options after one of them, in the order of help. */
export function withAfter<A, B>(
  options: OptionsOf<A>,
  key: keyof A,
  more: OptionsOf<B>,
): OptionsOf<A & B> {
  return Object.fromEntries(
    Object.entries(options).flatMap((entry) =>
      entry[0] === key ? [entry, ...Object.entries(more)] : [entry]
    ),
  ) as OptionsOf<A & B>;
}
