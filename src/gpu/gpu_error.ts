/** What kind of failure a {@linkcode GpuError} reports. */
export type GpuErrorKind =
  | "no-adapter"
  | "unsupported"
  | "compile"
  | "validation"
  | "out-of-memory"
  | "lost";

/**
 * A failure of the GPU layer: no adapter, a shader that does not compile, an error that the device reported, or its loss.
 *
 * @example
 * ```ts
 * import { GpuError } from "@tilewise/tilewise/gpu";
 *
 * const error = new GpuError("lost", "Cannot go on as the device is lost");
 * console.log(error.kind); // "lost"
 * ```
 */
export class GpuError extends Error {
  /** What failed. */
  readonly kind: GpuErrorKind;

  /** Creates the error. */
  constructor(kind: GpuErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GpuError";
    this.kind = kind;
  }
}
