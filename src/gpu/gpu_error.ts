import { cannot, type Failure } from "../errors/cannot.ts";

/** What kind of failure a {@linkcode GpuError} reports. */
export type GpuErrorKind =
  | "no-adapter"
  | "unsupported"
  | "compile"
  | "validation"
  | "out-of-memory"
  | "lost"
  | "hung";

/**
 * A failure of the GPU layer: no adapter, a shader that does not compile, an error reported by the device, or its loss.
 *
 * @example
 * ```ts
 * import { GpuError } from "@tilewise/tilewise/gpu";
 *
 * const error = new GpuError("lost", "Cannot use the GPU: the device was lost");
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

/** Makes a {@linkcode GpuError} as {@linkcode cannot} does. */
export function gpuFailure(
  kind: GpuErrorKind,
  { action, reason, cause }: Failure & { readonly cause?: unknown },
): GpuError {
  return cannot(action, reason, {
    kind: GpuError.bind(undefined, kind),
    cause,
  }) as GpuError;
}

/** The message of an error of WebGPU, on one line. */
export function messageOf({ message }: { readonly message: string }): string {
  return message.split("\n").map((line) => line.trim()).filter(Boolean)
    .join(" ");
}
