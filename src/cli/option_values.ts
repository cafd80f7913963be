import { UsageError } from "./usage_error.ts";

/** A rule for a number on the command line. */
export interface NumberRule {
  /** What it is where it is not given. */
  readonly usual: number;
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

/** At which scale a command line wants tiles. */
export interface GivenScale {
  /** Slide pixels per tile pixel. */
  readonly downsample?: number;
  /** Micrometres per tile pixel. */
  readonly mpp?: number;
  /** Micrometres per slide pixel, where slides do not say it or are wrong. */
  readonly slideMpp?: number;
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

/** Reads the values of options, which come as text. */
export class OptionValues {
  readonly #values: Readonly<Record<string, unknown>>;

  /** Reads from what `parseArgs` gave. */
  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /**
   * A text that may not be empty; `undefined` where it is not given.
   *
   * @throws {UsageError} where it is empty.
   */
  text(name: string): string | undefined {
    const value = this.#values[name] as string | undefined;
    if (value === "") throw new UsageError(`--${name} needs a value`);
    return value;
  }

  /**
   * A text that must be given.
   *
   * @throws {UsageError} where it is not, in the words of `missing`.
   */
  needed(name: string, missing: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(missing);
    return value;
  }

  /** @throws {UsageError} where the value is no number, or breaks the rule. */
  number(name: string, { usual, ...rule }: NumberRule): number {
    return this.optionalNumber(name, rule) ?? usual;
  }

  /**
   * A number; `undefined` where it is not given.
   *
   * @throws {UsageError} where it is no number, or breaks the rule.
   */
  optionalNumber(
    name: string,
    { least, above, most, whole = false, multipleOf = 0 }: Omit<
      NumberRule,
      "usual"
    > = {},
  ): number | undefined {
    const text = this.#values[name] as string | undefined;
    if (text === undefined) return undefined;
    const value = Number(text);
    const fits = text.trim() !== "" && Number.isFinite(value) &&
      (least === undefined || value >= least) &&
      (above === undefined || value > above) &&
      (most === undefined || value <= most) &&
      (!whole || Number.isSafeInteger(value));
    if (fits && multipleOf > 0 && value % multipleOf !== 0) {
      throw new UsageError(
        `--${name} needs a multiple of ${multipleOf}: received "${text}"; ${
          nearest(value, { step: multipleOf, least: least ?? 0 })
        }`,
      );
    }
    if (fits) return value;
    const rule = (whole ? "a whole number" : "a number") +
      (least === undefined ? "" : ` from ${least}`) +
      (above === undefined ? "" : ` above ${above}`) +
      (most === undefined ? "" : ` to ${most}`);
    throw new UsageError(`--${name} needs ${rule}: received "${text}"`);
  }

  /**
   * A number above 0; `undefined` where it is not given.
   *
   * @throws {UsageError} where it is another.
   */
  positive(name: string): number | undefined {
    return this.optionalNumber(name, { above: 0 });
  }

  /**
   * `--downsample` or `--mpp`, and `--slide-mpp`.
   *
   * @throws {UsageError} where both of the first are given, or one makes no sense.
   */
  scale(): GivenScale {
    const downsample = this.optionalNumber("downsample", { least: 1 });
    const [mpp, slideMpp] = [this.positive("mpp"), this.positive("slide-mpp")];
    if (mpp === undefined || downsample === undefined) {
      return { downsample, mpp, slideMpp };
    }
    throw new UsageError("--mpp and --downsample exclude each other");
  }

  /** One of some words, the first where it is not given. @throws {UsageError} where it is another. */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const value = this.#values[name] as string | undefined;
    const chosen = value === undefined
      ? choices[0]
      : choices.find((one) => one === value);
    if (chosen) return chosen;
    throw new UsageError(
      `--${name} is one of ${choices.join(", ")}: received "${value}"`,
    );
  }
}
