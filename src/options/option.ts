import { UsageError } from "../errors/cannot.ts";

/** The unit of a value, for pages. */
export type Unit =
  | "px"
  | "µm/px"
  | "GiB"
  | "area"
  | "share"
  | "numbers"
  | "switch";

/** An option of the jobs: one record for the command line, its help, and the fingerprints and pages of runs. */
export interface Option<T> {
  /** Placeholder of its value in help, such as `N`. Default: it is a switch. */
  readonly value?: string;
  /** Its description in help. */
  readonly help: string;
  /** Its name on the command line. Default: its key, in kebab case. */
  readonly flag?: string;
  /** Whether it may be repeated. Default: false. */
  readonly repeats?: boolean;
  /** Whether it is on by default; `--no-…` turns it off. Default: false. */
  readonly negated?: boolean;
  /**
   * Whether results depend on it. Default: true. A new option counts `"if given"`, so that older fingerprints stay valid;
   * of a `"path"`, the contents count.
   */
  readonly affects?: boolean | "if given" | "path";
  /** Its name on pages. */
  readonly word?: string;
  /** The unit of its value on pages. Default: none. */
  readonly unit?: Unit;
  /**
   * Parses what was given, or returns the default.
   *
   * @param on Whether the flag of a `negated` option was given without its `no-`.
   * @throws {UsageError} If the value is invalid; the message names `flag`.
   */
  read(given: readonly string[] | undefined, flag: string, on?: boolean): T;
}

/** A record for each setting. */
export type OptionsOf<T> = {
  readonly [K in keyof Required<T>]: Option<T[K]>;
};

/** The description of an option, to which its parser is added. */
export type OptionParts = Omit<Option<unknown>, "read">;

/** The numbers that an option allows. */
export interface NumberRule {
  /** Minimum, inclusive. */
  readonly least?: number;
  /** Minimum, exclusive. */
  readonly above?: number;
  /** Maximum, inclusive. */
  readonly most?: number;
  /** Whether it must be an integer. */
  readonly whole?: boolean;
  /** A divisor. */
  readonly multipleOf?: number;
}

/** An option whose value is a number. */
export function number<D extends number | undefined = undefined>(
  { least, above, most, whole = false, multipleOf = 0, ...parts }:
    & OptionParts
    & NumberRule
    & { readonly default?: D },
): Option<number | D> {
  return {
    value: "N",
    ...withDefault(parts),
    read(given, flag) {
      if (given === undefined) return parts.default as D;
      const [text] = given;
      const value = Number(text);
      const fits = text.trim() !== "" && Number.isFinite(value) &&
        (least === undefined || value >= least) &&
        (above === undefined || value > above) &&
        (most === undefined || value <= most) &&
        (!whole || Number.isSafeInteger(value));
      if (fits && multipleOf > 0 && value % multipleOf !== 0) {
        throw new UsageError(
          `--${flag} must be a multiple of ${multipleOf}, received "${text}"; ${
            nearest(value, { step: multipleOf, least: least ?? 0 })
          }`,
        );
      }
      if (fits) return value;
      const rule = (whole ? "a whole number" : "a number") +
        (least === undefined ? "" : ` from ${least}`) +
        (above === undefined ? "" : ` above ${above}`) +
        (most === undefined ? "" : ` to ${most}`);
      throw new UsageError(`--${flag} must be ${rule}, received "${text}"`);
    },
  };
}

/** An option whose value is one of some words. Default: the first. */
export function choice<const T extends string>(
  { choices, ...parts }: OptionParts & { readonly choices: readonly T[] },
): Option<T> {
  return {
    ...withDefault({ ...parts, default: choices[0] }),
    read(given, flag) {
      const value = given?.[0];
      const chosen = value === undefined
        ? choices[0]
        : choices.find((one) => one === value);
      if (chosen !== undefined) return chosen;
      throw new UsageError(
        `--${flag} must be one of ${choices.join(", ")}, received "${value}"`,
      );
    },
  };
}

/** An option whose value is a text. */
export function text<D extends string | undefined = undefined>(
  parts: OptionParts & { readonly default?: D },
): Option<string | D> {
  return { ...parts, read: (given) => given?.[0] ?? parts.default as D };
}

/** An option that may be repeated. */
export function texts(parts: OptionParts): Option<readonly string[]> {
  return { ...parts, repeats: true, read: (given) => given ?? [] };
}

/** A switch: off by default, unless it is `negated`. */
export function toggle(parts: OptionParts): Option<boolean> {
  const { negated = false } = parts;
  return {
    ...parts,
    read: (given) => given === undefined ? negated : !negated,
  };
}

/** An option with a parser of its own; `read` throws if the text is invalid. */
export function custom<T, D = undefined>(
  { read, ...parts }: OptionParts & {
    readonly default?: D;
    readonly read: (text: string, flag: string) => T;
  },
): Option<T | D> {
  return {
    ...parts,
    read: (given, flag) =>
      given === undefined ? parts.default as D : read(given[0], flag),
  };
}

/** Names the allowed numbers next to `value`: multiples of `step`, less `offset`. */
export function nearest(
  value: number,
  { step, least, offset = 0 }: {
    readonly step: number;
    readonly least: number;
    readonly offset?: number;
  },
): string {
  const below = Math.floor((value + offset) / step) * step - offset;
  return below < least
    ? `the nearest is ${below + step}`
    : `the nearest are ${below} and ${below + step}`;
}

/** The name of an option on the command line. */
export function flagOf(key: string, { flag }: OptionParts): string {
  return flag ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Appends the default to help, unless it is there already. */
function withDefault<P extends OptionParts & { readonly default?: unknown }>(
  parts: P,
): P {
  const { help, default: usual } = parts;
  const says = usual === undefined || help.includes("(default:");
  return says ? parts : { ...parts, help: `${help} (default: ${usual})` };
}

/** Merges settings: each is that of the last layer that has it, else the default. */
export function withDefaults<T>(
  options: OptionsOf<T>,
  ...layers: readonly Partial<T>[]
): T {
  const all = Object.entries<Option<unknown>>(options).map(([key, option]) => {
    const given = layers.findLast((one) => one[key as keyof T] !== undefined);
    const usual = () => option.read(undefined, flagOf(key, option));
    return [key, given ? given[key as keyof T] : usual()];
  });
  return Object.fromEntries(all) as T;
}

/** The names of given settings, as on the command line. */
export function givenFlags<T>(
  options: OptionsOf<T>,
  given: Partial<T>,
): ReadonlySet<string> {
  return new Set(
    Object.entries<Option<unknown>>(options)
      .filter(([key]) => given[key as keyof T] !== undefined)
      .map(([key, option]) => flagOf(key, option)),
  );
}

/** Picks the settings whose options were given on the command line. */
export function pickGiven<T>(
  options: OptionsOf<T>,
  all: T,
  flags: ReadonlySet<string>,
): Partial<T> {
  const own = Object.entries<Option<unknown>>(options)
    .filter(([key, option]) => {
      const flag = flagOf(key, option);
      return flags.has(flag) || option.negated && flags.has(`no-${flag}`);
    })
    .map(([key]) => [key, all[key as keyof T]]);
  return Object.fromEntries(own) as Partial<T>;
}
