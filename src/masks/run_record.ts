/**
 * The provenance of a run; part of `NAME.json`.
 *
 * @category Summaries
 */
export interface RunRecord {
  /** The run's id, the same in all results of one command. */
  readonly id: string;
  /** Tilewise's version. */
  readonly version: string;
  /** The runtime and its version, such as `Deno 2.9.6`. */
  readonly runtime: string;
  /** The command's arguments, the command first; URLs without their query, which may contain keys. */
  readonly command: readonly string[];
  /** Host name; omitted unless `--allow-sys=hostname` is granted. */
  readonly host?: string;
  /** Operating system and processor, such as `linux x86_64`. */
  readonly platform: string;
  /** Omitted if no device was used. */
  readonly device?: RunDevice;
  /** Start of the work on this slide, in ISO 8601, UTC. */
  readonly start: string;
  /** End of the work. */
  readonly end: string;
}

/**
 * The device of a run.
 *
 * @category Summaries
 */
export interface RunDevice {
  /** Name of the adapter. */
  readonly adapter: string;
  /** Vendor, if known. */
  readonly vendor?: string;
  /** Driver, if the adapter's name contains it; WebGPU does not report it. */
  readonly driver?: string;
  /** The API under WebGPU; two joined by "or" if it is ambiguous. */
  readonly backend: string;
  /** Whether it is a software adapter. */
  readonly software: boolean;
  /** How tensors and weights were stored: `f32` or `f16`. */
  readonly precision: string;
}

/**
 * The program and the run that made a result, for file formats that can record it.
 *
 * @category Summaries
 */
export interface Producer {
  /** Tilewise's version. */
  readonly version: string;
  /** The run's id, the same in all results of one command. */
  readonly run: string;
}

/** A producer as text for files. */
export function producerText({ version, run }: Producer): string {
  return `Tilewise ${version}, run ${run}`;
}
