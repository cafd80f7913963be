import type { Gpu } from "./gpu.ts";
import { GpuError } from "./gpu_error.ts";

/** A buffer to create. */
export interface BufferRequest {
  /** Its name in messages. */
  readonly label: string;
  /** Bytes. */
  readonly size: number;
  /** What it is for. */
  readonly usage: GPUBufferUsageFlags;
}

// The bytes in use when memory ran out leave no room for the driver's own needs.
const SHARE = 0.9;

/**
 * Creates all buffers or none. If memory runs out, the `capacity` of `gpu` drops to about the bytes in use, and nothing
 * else changes.
 *
 * @throws {GpuError} of the kind `out-of-memory` if there is no room for them.
 */
export async function allocateBuffers(
  gpu: Gpu,
  requests: readonly BufferRequest[],
): Promise<GPUBuffer[]> {
  const buffers: GPUBuffer[] = [];
  const scopes: Promise<GPUError | null>[] = [];
  const live: number[] = [];
  try {
    for (const { label, size, usage } of requests) {
      live.push(gpu.bytes);
      gpu.device.pushErrorScope("out-of-memory");
      try {
        buffers.push(gpu.buffer(label, size, usage));
      } finally {
        scopes.push(gpu.device.popErrorScope());
      }
    }
    const errors = await gpu.guard(Promise.all(scopes));
    const failed = errors.findIndex((error) => error !== null);
    if (failed < 0) return buffers;
    gpu.capacity = Math.min(gpu.capacity, Math.floor(live[failed] * SHARE));
    const { label, size } = requests[failed];
    throw new GpuError(
      "out-of-memory",
      `Cannot create buffer ${label} as the GPU's memory must hold it: received ${size} bytes beside ${
        live[failed]
      }; use smaller tiles or f16`,
    );
  } catch (error) {
    await Promise.allSettled(scopes);
    buffers.forEach((buffer) => gpu.free(buffer));
    throw error;
  }
}
