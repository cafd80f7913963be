import { parseArgs } from "@std/cli/parse-args";
import { closest } from "./closest.ts";
import { UsageError } from "./usage_error.ts";

/** What the options of `parseArgs` say of names. */
interface OptionLists {
  readonly boolean?: unknown;
  readonly string?: unknown;
  readonly collect?: unknown;
  readonly negatable?: unknown;
}

/** Dashes, a name, and what may follow a `=`; text that is copied has dashes of any width. */
const OPTION = /^([-\u2010-\u2015\u2212]+)([^=]*)(?:=(.*))?$/su;

/**
 * `parseArgs` for options that are all known. What would be read as something else, or dropped, is refused by name: an
 * unknown option, one without its value, a switch with a value, one option given in two ways. Numbers below 0 are values
 * (`--threshold -0.5`), for their rules to refuse. `--help` counts, whatever else is wrong.
 *
 * @throws {UsageError} where the arguments make no sense.
 */
export const parseOptions: typeof parseArgs = (args, options) =>
  parseArgs(plainArguments(args, options ?? {}), options);

/** The same arguments with each value after a `=`, which `parseArgs` reads in one way. */
function plainArguments(
  args: readonly string[],
  lists: OptionLists,
): readonly string[] {
  const valued = namesOf(lists.string);
  const collected = namesOf(lists.collect);
  const names = [
    ...valued,
    ...namesOf(lists.boolean),
    ...namesOf(lists.negatable).map((name) => `no-${name}`),
  ];
  const end = args.indexOf("--");
  const rest = args.slice(0, end < 0 ? args.length : end);
  if (rest.some((argument) => argument === "--help" || argument === "-h")) {
    return ["--help"];
  }
  const plain: string[] = [];
  const given = new Map<string, string>();
  for (let argument; (argument = rest.shift()) !== undefined;) {
    const [, dashes, name, value] = OPTION.exec(argument) ?? [];
    if (name === undefined || argument === "-") {
      plain.push(argument);
      continue;
    }
    if (dashes !== "--" || !names.includes(name)) {
      const meant = closest(name, [...names, "version"]);
      throw new UsageError(
        `There is no option ${name === "" ? argument : dashes + name}` +
          (meant === undefined ? "" : `: did you mean --${meant}?`),
      );
    }
    const text = valued.includes(name)
      ? `--${name}=${value ?? nextValue(rest)}`
      : argument;
    if (text === `--${name}=`) throw new UsageError(`--${name} needs a value`);
    if (!valued.includes(name) && value !== undefined) {
      throw new UsageError(`--${name} takes no value: received "${value}"`);
    }
    plain.push(text);
    if (collected.includes(name)) continue;
    const subject = name.replace(/^no-/, "");
    const before = given.get(subject) ?? text;
    if (before !== text) {
      throw new UsageError(`${before} and ${text} exclude each other`);
    }
    given.set(subject, text);
  }
  return end < 0 ? plain : [...plain, ...args.slice(end)];
}

/** Takes the value that comes next, where it is one: a text without a dash, or a number. */
function nextValue(rest: string[]): string {
  const isValue = rest.length > 0 && /^(?!-)|^-\.?\d/.test(rest[0]);
  return isValue ? rest.shift()! : "";
}

function namesOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((name) => name !== "_") : [];
}
