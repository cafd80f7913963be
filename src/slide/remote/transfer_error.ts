/** Why a range could not be fetched; internal, since callers get it restated with the slide's name. */
export class TransferError extends Error {
  override readonly name = "TransferError";
  /** Whether another attempt may succeed. */
  readonly passing: boolean;
  /** Milliseconds that the server asks to wait before it. */
  readonly wait?: number;

  /** Makes one. */
  constructor(
    message: string,
    options: ErrorOptions & {
      readonly passing: boolean;
      readonly wait?: number;
    },
  ) {
    super(message, options);
    this.passing = options.passing;
    this.wait = options.wait;
  }
}
