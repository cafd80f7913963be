/** The command line does not make sense; the program ends with 2 and points to `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
