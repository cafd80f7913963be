/** Restates an error in one line that begins with `what`, in an error of the same class. */
export function restateError(cause: unknown, what: string): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${what} as ${reason.split("\n")[0]}`;
  for (const Kind of [SyntaxError, RangeError, TypeError]) {
    if (cause instanceof Kind) return new Kind(message, { cause });
  }
  return new Error(message, { cause });
}
