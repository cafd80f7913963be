import { inflateSync } from "fflate";
import { type GpuError, gpuFailure } from "../gpu/gpu_error.ts";

/** The version that is used, and no other: later ones send telemetry, past Deno's permissions. */
export const ONNXRUNTIME_VERSION = "1.27.0";

/** The package. */
export const ONNXRUNTIME = `onnxruntime-node@${ONNXRUNTIME_VERSION}`;

/** The variable that turns telemetry off, were there any. */
export const TELEMETRY_VARIABLE = "ORT_DISABLE_TELEMETRY";

/** A tensor of onnxruntime. */
export interface OrtTensor {
  readonly data: Float32Array;
}

/** A network that onnxruntime runs. */
export interface OrtSession {
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor>>,
  ): Promise<unknown>;
  release(): Promise<void>;
}

/** The parts of the package that are used, so that nothing depends on its types. */
export interface Onnxruntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<OrtSession>;
  };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    shape: readonly number[],
  ) => OrtTensor;
}

/**
 * Settings of all sessions: without the arena, memory peaks at half, at the same speed; threads that wait do not spin, which
 * takes the cores from those that read slides.
 */
export const SESSION_OPTIONS = {
  executionProviders: ["cpu"],
  enableCpuMemArena: false,
  logSeverityLevel: 3,
  extra: { "session.intra_op.allow_spinning": "0" },
} as const;

/** The parts of Deno that are used; browsers have none of them. */
interface DenoParts {
  readonly permissions: {
    query(about: object): Promise<{ readonly state: string }>;
  };
  readonly env: { set(name: string, value: string): void };
  stat(path: string): Promise<unknown>;
}

function denoParts(): DenoParts | undefined {
  return (globalThis as unknown as { Deno?: DenoParts }).Deno;
}

/** Imports the package. */
export async function importOnnxruntime(): Promise<Onnxruntime> {
  // Computed, so that nothing fetches it unless it is used.
  return await import(`npm:${ONNXRUNTIME}`);
}

/**
 * The folder of the package where Deno keeps packages, which no permission is needed to know: the stack trace of another
 * package's error names its folder. `undefined` if that is somewhere else.
 */
export function onnxruntimeFolder(): string | undefined {
  try {
    inflateSync(Uint8Array.of(255));
  } catch (error) {
    return folderBeside("fflate", (error as Error).stack ?? "");
  }
  return undefined;
}

/** The folder of onnxruntime, from a stack trace with a file of another package; `undefined` if there is none. */
export function folderBeside(name: string, stack: string): string | undefined {
  const end = stack.indexOf(`/${name}/`);
  const start = stack.lastIndexOf("file://", end);
  if (end < 0 || start < 0) return undefined;
  const path = decodeURIComponent(stack.slice(start + "file://".length, end));
  const folder = /^\/[A-Z]:/i.test(path) ? path.slice(1) : path;
  const place = folder.lastIndexOf("/.deno/");
  if (place >= 0) { // node_modules of a project
    const own = `${folder.slice(0, place)}/.deno/${ONNXRUNTIME}`;
    return `${own}/node_modules/onnxruntime-node`;
  }
  return `${folder}/onnxruntime-node/${ONNXRUNTIME_VERSION}`;
}

/** The permissions that the package needs, as flags. */
export function onnxruntimeFlags(): string {
  return `--allow-ffi=${
    onnxruntimeFolder() ?? "FOLDER"
  } --allow-env=${TELEMETRY_VARIABLE}`;
}

/** How to have the package and its permissions, for messages. */
export function onnxruntimeAdvice(): string {
  return `install ${ONNXRUNTIME}, 101 MB, with deno cache npm:${ONNXRUNTIME}, and run with ${onnxruntimeFlags()}`;
}

/** Whether the package is there and may be used, without a question and without a download. */
export async function mayUseOnnxruntime(): Promise<boolean> {
  const deno = denoParts();
  const path = onnxruntimeFolder();
  if (!deno || path === undefined) return false;
  const isGranted = async (about: object) =>
    (await deno.permissions.query(about)).state === "granted";
  if (!await isGranted({ name: "env", variable: TELEMETRY_VARIABLE })) {
    return false;
  }
  if (!await isGranted({ name: "ffi", path })) return false;
  // Who allows just this folder means it, wherever it may be read.
  if (!await isGranted({ name: "read", path })) {
    return !await isGranted({ name: "ffi" });
  }
  return await deno.stat(path).then(() => true, () => false);
}

/**
 * Turns telemetry off for the process, before the package is loaded.
 *
 * @throws {GpuError} If there is no Deno, or the variable may not be set.
 */
export function disableTelemetry(): void {
  const deno = denoParts();
  if (!deno) {
    throw gpuFailure("unsupported", {
      action: CPU_ACTION,
      reason: "onnxruntime needs Deno; use the GPU here",
    });
  }
  try {
    deno.env.set(TELEMETRY_VARIABLE, "1");
  } catch (cause) {
    throw gpuFailure("unsupported", {
      action: CPU_ACTION,
      reason:
        `${TELEMETRY_VARIABLE} must be set before onnxruntime starts; run with ${onnxruntimeFlags()}`,
      cause,
    });
  }
}

/** What is attempted, in messages. */
export const CPU_ACTION = "use the CPU";

/** The error that the package could not be imported, with the way out. */
export function importFailure(message: string): GpuError {
  const reason = /requires (ffi|read|env|sys) access/i.test(message)
    ? `onnxruntime needs permissions; run with ${onnxruntimeFlags()}`
    : `the package ${ONNXRUNTIME} cannot be loaded (${message}); in a project, deno add npm:${ONNXRUNTIME}, else ${onnxruntimeAdvice()}`;
  return gpuFailure("unsupported", { action: CPU_ACTION, reason });
}
