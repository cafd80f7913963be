import { UsageError } from "../errors/usage_error.ts";

/** What a value is, for pages to say it. */
export type Unit =
  | "px"
  | "µm/px"
  | "GiB"
  | "area"
  | "share"
  | "numbers"
  | "switch";

/** An option of the jobs: one record for the command line, its help, the fingerprints of runs, and their pages. */
export interface Option<T> {
  /** What stands for its value in help, as `N`; a switch has none. */
  readonly value?: string;
  /** What it means, for help. */
  readonly help: string;
  /** Its name on the command line. Default: its key, as `slide-mpp`. */
  readonly flag?: string;
  /** Whether it may be given several times. Default: no. */
  readonly repeats?: boolean;
  /** Whether it is on unless `--no-…` is given. Default: no. */
  readonly negated?: boolean;
  /**
   * Whether results depend on it. Default: yes. One that is new counts `"if given"`, so that fingerprints of runs before it
   * stay valid; of a `"path"`, what lies there.
   */
  readonly affects?: boolean | "if given" | "path";
  /** Its name on pages. */
  readonly word?: string;
  /** How pages say its value. Default: as it is. */
  readonly unit?: Unit;
  /**
   * The value of what is given, or the default.
   *
   * @throws {UsageError} If it is not allowed; the message names `flag`.
   */
  read(given: readonly string[] | undefined, flag: string): T;
}

/** A record for each of some settings. */
export type OptionsOf<T> = {
  readonly [K in keyof Required<T>]: Option<T[K]>;
};

/** What all options have, whatever their values. */
export type OptionParts = Omit<Option<unknown>, "read">;

/** Which numbers an option allows. */
export interface NumberRule {
  /** The least it may be. */
  readonly least?: number;
  /** What it must be above. */
  readonly above?: number;
  /** The most it may be. */
  readonly most?: number;
  /** Whether it must be whole. */
  readonly whole?: boolean;
  /** What it must be a multiple of. */
  readonly multipleOf?: number;
}

/** A number, or the default. */
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
          `--${flag} needs a multiple of ${multipleOf}: received "${text}"; ${
            nearest(value, { step: multipleOf, least: least ?? 0 })
          }`,
        );
      }
      if (fits) return value;
      const rule = (whole ? "a whole number" : "a number") +
        (least === undefined ? "" : ` from ${least}`) +
        (above === undefined ? "" : ` above ${above}`) +
        (most === undefined ? "" : ` to ${most}`);
      throw new UsageError(`--${flag} needs ${rule}: received "${text}"`);
    },
  };
}

/** One of some words. Default: the first. */
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
        `--${flag} is one of ${choices.join(", ")}: received "${value}"`,
      );
    },
  };
}

/** A text, or the default. */
export function text<D extends string | undefined = undefined>(
  parts: OptionParts & { readonly default?: D },
): Option<string | D> {
  return { ...parts, read: (given) => given?.[0] ?? parts.default as D };
}

/** Texts; the option may be given several times. */
export function texts(parts: OptionParts): Option<readonly string[]> {
  return { ...parts, repeats: true, read: (given) => given ?? [] };
}

/** A switch: off, unless it is `negated`. */
export function toggle(parts: OptionParts): Option<boolean> {
  const { negated = false } = parts;
  return {
    ...parts,
    read: (given) => given === undefined ? negated : !negated,
  };
}

/** A text of a form of its own, or the default. `read` throws where it does not fit. */
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

/** Names the numbers next to one that is no multiple of `step`, or is that far off one, as far as they are allowed. */
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

/** Help ends with the default, unless it says it already. */
function withDefault<P extends OptionParts & { readonly default?: unknown }>(
  parts: P,
): P {
  const { help, default: usual } = parts;
  const says = usual === undefined || help.includes("(default:");
  return says ? parts : { ...parts, help: `${help} (default: ${usual})` };
}

/** Settings: of each the last that a layer gives, else its default. */
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

/** The names on the command line of the settings that are given. */
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

/** The settings that a command line gives, by their names there. */
export function pickGiven<T>(
  options: OptionsOf<T>,
  all: T,
  flags: ReadonlySet<string>,
): Partial<T> {
  const own = Object.entries<Option<unknown>>(options)
    .filter(([key, option]) =>
      flags.has(`${option.negated ? "no-" : ""}${flagOf(key, option)}`)
    )
    .map(([key]) => [key, all[key as keyof T]]);
  return Object.fromEntries(own) as Partial<T>;
}
