/**
 * The GPU device, its programs and a profiler.
 *
 * @module
 */

export type { Dispatch } from "./dispatch.ts";
export type { Access, Binding, Program } from "./program.ts";
export { type BufferRange, Gpu, type Pipeline } from "./gpu.ts";
export type { GuardOptions } from "./device_health.ts";
export { GpuError, type GpuErrorKind } from "./gpu_error.ts";
export type {
  AdapterChoice,
  AdapterDescription,
  RequestGpuOptions,
} from "./request_device.ts";
export { type ProfileEntry, Profiler } from "./profiler.ts";
