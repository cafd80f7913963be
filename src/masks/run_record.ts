/** How a run came about; part of `NAME.json`. */
export interface RunRecord {
  /** The run's id, the same in all results of one command. */
  readonly id: string;
  /** Tilewise's version. */
  readonly version: string;
  /** The runtime and its version, such as `Deno 2.9.6`. */
  readonly runtime: string;
  /** The command's arguments, the command first; without what follows "?" in URLs, which may hold keys. */
  readonly command: readonly string[];
  /** The machine's name; not there where `--allow-sys=hostname` is not granted. */
  readonly host?: string;
  /** Operating system and processor, such as `linux x86_64`. */
  readonly platform: string;
  /** What was computed on; not there where nothing was. */
  readonly device?: RunDevice;
  /** When the work on this slide began, in ISO 8601, UTC. */
  readonly start: string;
  /** When it ended. */
  readonly end: string;
}

/** What a run computed on. */
export interface RunDevice {
  /** The adapter by name. */
  readonly adapter: string;
  /** Who makes it, where known. */
  readonly vendor?: string;
  /** Its driver, where its name says it; WebGPU tells none. */
  readonly driver?: string;
  /** The system's API beneath WebGPU; two with "or" between them where WebGPU does not say which. */
  readonly backend: string;
  /** Whether the CPU did the work of a GPU. */
  readonly software: boolean;
  /** How tensors and weights were stored: `f32` or `f16`. */
  readonly precision: string;
}

/** Which program and which run made a result; what files say of themselves where their format can. */
export interface Producer {
  /** Tilewise's version. */
  readonly version: string;
  /** The run's id, the same in all results of one command. */
  readonly run: string;
}

/** A producer as files name it. */
export function producerText({ version, run }: Producer): string {
  return `Tilewise ${version}, run ${run}`;
}
