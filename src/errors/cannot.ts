const SHORT: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * Shows the characters that control a terminal, break a line, or reverse the direction of text, as `\n`, `\x1b` or
 * `\u{202e}`. Names of files, and what files say, may contain them.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    (character) => {
      const code = character.charCodeAt(0);
      const digits = code.toString(16);
      return SHORT[character] ??
        (code < 256 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`);
    },
  );
}

/** The command line does not make sense; the program ends with 2 and points to `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What an error says, as a value. */
export interface Failure {
  /** What was to be done, after "Cannot", as `open slide "a.tif"`. */
  readonly action: string;
  /** Why it cannot, and a way out where there is one, as `it is cut short: copy it again`. */
  readonly reason: string;
  /** The value that is wrong, if that helps. */
  readonly received?: unknown;
}

/** Options for {@linkcode cannot}. */
export interface CannotOptions {
  /** The value that is wrong, for the message. */
  readonly received?: unknown;
  /** The class of the error. Default: that of `cause` if it is a built-in one, else `Error`. */
  readonly kind?: new (message: string, options?: ErrorOptions) => Error;
  /** The error that led to it. */
  readonly cause?: unknown;
}

/** Not in all browsers. */
type StackTraces = { captureStackTrace?(error: Error, from: unknown): void };

const failures = new WeakMap<Error, Failure>();

/**
 * Makes the error of something that cannot be done, to be thrown. The message is
 * `Cannot ‹action›: ‹reason›, received ‹value›`; {@linkcode failureOf} gives its parts back.
 *
 * @example
 * ```text
 * throw cannot("plan tiles", "size must be a positive integer", { received: 1.5, kind: RangeError });
 * ```
 */
export function cannot(
  action: string,
  reason: string,
  options: CannotOptions = {},
): Error {
  const { cause, kind = kindOf(cause) } = options;
  const failure: Failure = "received" in options
    ? { action, reason, received: options.received }
    : { action, reason };
  const error = new kind(
    render(failure),
    cause === undefined ? undefined : { cause },
  );
  (Error as StackTraces).captureStackTrace?.(error, cannot);
  failures.set(error, failure);
  return error;
}

/** Puts a failure in words, on one line of limited length. The only place where messages of the library are put together. */
function render(failure: Failure): string {
  return shortened(printable(`Cannot ${failure.action}: ${because(failure)}`));
}

/** The longest message; the middle of a longer one is left out. */
const MOST = 600;

function shortened(text: string): string {
  if (text.length <= MOST) return text;
  return `${text.slice(0, MOST / 2)}…${text.slice(1 - MOST / 2)}`;
}

function because({ reason, ...rest }: Failure): string {
  if (!("received" in rest)) return reason;
  return `${reason}, received ${show(rest.received)}`;
}

/** The parts of an error that {@linkcode cannot} made. */
export function failureOf(error: unknown): Failure | undefined {
  return error instanceof Error ? failures.get(error) : undefined;
}

/**
 * Why something failed, for the reason of the error of a larger action: without `Cannot ‹action›` if {@linkcode cannot}
 * made the error, else the first line of its message.
 */
export function reasonOf(error: unknown): string {
  const failure = failureOf(error);
  if (failure) return because(failure);
  const message = error instanceof Error
    ? error.message || error.name
    : String(error);
  const [line] = message.split("\n", 1);
  // The system's errors end with the call and its path, as ": open '/a'", which the action names already.
  const code = /\(os error \d+\)/.exec(line);
  return (code ? line.slice(0, code.index + code[0].length) : line).trim();
}

/** An error that says what it prevented: itself if its message does, else one for the action. */
export function explained(error: unknown, action: string): Error {
  const isSentence = error instanceof Error &&
    (failures.has(error) || error.message.startsWith("Cannot "));
  return isSentence ? error : cannot(action, reasonOf(error), { cause: error });
}

/** A value as messages show it: text in quotes, lists and shapes by their numbers. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  const text = String(value);
  return text === "[object Object]" ? JSON.stringify(value) : text;
}

function kindOf(cause: unknown): NonNullable<CannotOptions["kind"]> {
  return [SyntaxError, RangeError, TypeError].find((kind) =>
    cause instanceof kind
  ) ?? Error;
}
