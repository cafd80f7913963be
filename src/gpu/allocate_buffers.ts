import type { Gpu } from "./gpu.ts";
import { gpuFailure } from "./gpu_error.ts";

/** A buffer to create. */
export interface BufferRequest {
  /** The buffer's name in messages. */
  readonly label: string;
  /** Bytes. */
  readonly size: number;
  readonly usage: GPUBufferUsageFlags;
}

// The driver needs some of the memory that was in use when it ran out.
const SHARE = 0.9;

/**
 * Creates all buffers or none. If memory runs out, `gpu.capacity` drops to about the bytes in use; nothing else changes.
 *
 * @throws {GpuError} Of kind `out-of-memory` if the buffers do not fit.
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
        scopes.push(gpu.attempt(() => gpu.device.popErrorScope()));
      }
    }
    const errors = await gpu.guard(Promise.all(scopes));
    const failed = errors.findIndex((error) => error !== null);
    if (failed < 0) return buffers;
    gpu.capacity = Math.min(gpu.capacity, Math.floor(live[failed] * SHARE));
    const { label, size } = requests[failed];
    throw gpuFailure("out-of-memory", {
      action: `create buffer "${label}"`,
      reason: `GPU memory has no room for ${size} bytes besides the ${
        live[failed]
      } in use; use smaller tiles or f16`,
    });
  } catch (error) {
    for (const scope of scopes) scope.catch(() => {}); // one error is enough
    buffers.forEach((buffer) => gpu.free(buffer));
    throw error;
  }
}
