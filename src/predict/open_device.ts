import { mayUseOnnxruntime, onnxruntimeAdvice } from "../cpu/onnxruntime.ts";
import { cannot, failureOf } from "../errors/cannot.ts";
import { Gpu } from "../gpu/gpu.ts";
import { GpuError, gpuFailure } from "../gpu/gpu_error.ts";
import type { AdapterChoice } from "../gpu/request_device.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { CpuBackend } from "./cpu_backend.ts";

/**
 * Where a model runs: on an adapter, or on the CPU by onnxruntime. With `auto`, on the CPU if there is no adapter or only a
 * software one, and the package `onnxruntime-node` is there and permitted; the others are adapters, `gpu` any one.
 */
export type DeviceChoice = AdapterChoice | "cpu";

/** Options for {@linkcode openDevice}. */
export interface OpenDeviceOptions {
  readonly device: GPUDevice | DeviceChoice;
  readonly precision: "auto" | Precision;
  /** Most bytes of weights, tensors and tiles. Default: no limit. */
  readonly maxBytes?: number;
}

/**
 * Opens the device that a model runs on.
 *
 * @throws {GpuError} If there is none; the message has the way out.
 */
export async function openDevice(
  { device, precision, maxBytes }: OpenDeviceOptions,
): Promise<Gpu | CpuBackend> {
  if (typeof device === "object") return Gpu.from(device);
  if (device === "cpu") {
    if (precision !== "f16") return await CpuBackend.create({ maxBytes });
    throw cannot(
      "use the CPU",
      "it stores tensors in f32, since f16 gains nothing there; use the precision auto or f32",
      { kind: RangeError },
    );
  }
  if (device !== "auto" || precision === "f16") {
    return await Gpu.request({ adapter: device });
  }
  let gpu: Gpu | undefined;
  let missing: GpuError | undefined;
  try {
    gpu = await Gpu.request();
  } catch (error) {
    if (!isMissing(error)) throw error;
    missing = error;
  }
  if (gpu && !gpu.about.software) return gpu;
  if (await mayUseOnnxruntime()) {
    try {
      const cpu = await CpuBackend.create({ maxBytes });
      gpu?.[Symbol.dispose]();
      return cpu;
    } catch {
      // Then as if it were not there.
    }
  }
  if (gpu) return gpu;
  const { kind } = missing!;
  const { action, reason } = failureOf(missing) ??
    { action: "use the GPU", reason: missing!.message };
  throw gpuFailure(kind, {
    action,
    reason: `${reason}; or use the CPU: ${onnxruntimeAdvice()}`,
    cause: missing,
  });
}

function isMissing(error: unknown): error is GpuError {
  return error instanceof GpuError &&
    ["no-adapter", "unsupported"].includes(error.kind);
}
