import { type AdapterDescription, unknownAdapter } from "./request_device.ts";

/**
 * What a GPU is likely to do in a clock cycle. WebGPU tells neither cores nor speeds: these are round figures of a class of
 * GPUs, good enough to rank kernels before any is measured.
 */
export interface Hardware {
  /** Whether it has memory of its own. */
  readonly kind: "integrated" | "discrete";
  /** Cores that each run a workgroup of their own: NVIDIA's multiprocessors, AMD's and Apple's compute units or cores. */
  readonly cores: number;
  /** Bytes that a core gets of the memory's bandwidth in a clock. */
  readonly memoryBytes: number;
  /** Clocks from the end of one dispatch to the full speed of the next. */
  readonly dispatch: number;
  /** Most threads of a workgroup. */
  readonly threads: number;
  /** Most bytes of a workgroup's memory. */
  readonly workgroupBytes: number;
}

/** Limits of a device that {@linkcode hardwareOf} needs. */
export type HardwareLimits = Pick<
  GPUSupportedLimits,
  "maxComputeInvocationsPerWorkgroup" | "maxComputeWorkgroupStorageSize"
>;

/** Names of GPUs with memory of their own, by vendor; WebGPU does not tell. */
const DISCRETE: Readonly<Record<string, RegExp>> = {
  NVIDIA: /./,
  AMD: /\b(?:rx|pro w|pro v|instinct|mi\d|vii|w\d{4}|navi ?\d)/i,
  Intel: /\b[ab]\d{2,3}m?\b|\bdata center gpu\b/i,
};
/** NVIDIA's that share the memory of the processor. */
const SHARED_MEMORY = /\b(?:tegra|orin|xavier|thor)\b/i;

/** RTX 4070 to H100: 46 to 132 cores, 4 to 15 bytes a core. */
const LARGE = { cores: 64, memoryBytes: 6, dispatch: 8000 };
/** Intel Xe, Radeon 780M, M2: 6 to 12 cores, 6 to 8 bytes a core. */
const SMALL = { cores: 10, memoryBytes: 7, dispatch: 12_000 };

/**
 * Guesses a GPU from its adapter's name; `undefined` for software adapters, and for a device from the caller of which nothing
 * is known. GPUs with other names count as integrated, whose kernels serve large ones better than the reverse.
 */
export function hardwareOf(
  { name, vendor = "", software }: AdapterDescription,
  limits: HardwareLimits,
): Hardware | undefined {
  if (software || name === unknownAdapter.name) return undefined;
  const isDiscrete = DISCRETE[vendor]?.test(name) === true &&
    !SHARED_MEMORY.test(name);
  return {
    kind: isDiscrete ? "discrete" : "integrated",
    ...(isDiscrete ? LARGE : SMALL),
    threads: limits.maxComputeInvocationsPerWorkgroup,
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
  };
}
