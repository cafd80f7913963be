import { requestDevice } from "../../src/gpu/request_device.ts";

/** A device that has little memory, and tells what happens to it. */
export interface SmallDevice {
  /** The device; allocations beyond its memory fail as WebGPU says. */
  readonly device: GPUDevice;
  /** Bytes of the buffers that live, and the most that ever did. */
  readonly live: () => number;
  readonly peak: () => number;
  /** Allocations that failed. */
  readonly failed: () => number;
  /** Uploads of weights that take turns. */
  readonly swaps: () => number;
}

/** A device whose buffers take no more than `memory` bytes; `onSwap` is told of each upload of weights that take turns. */
export async function smallMemory(
  { memory = Infinity, onSwap }: {
    readonly memory?: number;
    readonly onSwap?: (swaps: number) => void;
  } = {},
): Promise<SmallDevice> {
  const { device } = await requestDevice();
  let live = 0, peak = 0, held = 0, failed = 0, swaps = 0;
  let first: GPUBuffer | undefined;
  const scopes: (GPUError | null | undefined)[] = [];
  const { createBuffer, pushErrorScope, popErrorScope } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const { size, label, usage } = descriptor;
    // What is read back goes through main memory.
    const onGpu = usage & GPUBufferUsage.MAP_READ ? 0 : size;
    if (held + onGpu > memory) {
      failed++;
      const scope = scopes.findLastIndex((error) => error !== undefined);
      if (scope < 0) throw new Error(`${label} is too large, and nobody looks`);
      scopes[scope] ??= new GPUOutOfMemoryError("simulated");
      return buffer;
    }
    live += size;
    held += onGpu;
    peak = Math.max(peak, live);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      live -= size;
      held -= onGpu;
      buffer.destroy = destroy;
      destroy();
    };
    return buffer;
  };
  // `undefined` stands for a scope of another kind, `null` for one in which nothing has failed.
  device.pushErrorScope = (filter) => {
    scopes.push(filter === "out-of-memory" ? null : undefined);
    pushErrorScope.call(device, filter);
  };
  device.popErrorScope = async () => {
    const error = scopes.pop();
    return await popErrorScope.call(device) ?? error ?? null;
  };
  const { queue } = device;
  const { writeBuffer } = queue;
  queue.writeBuffer = (buffer, ...rest) => {
    // A network may lie in several buffers: its first is the first that is written.
    if (buffer.label === "shared.parameters") {
      first ??= buffer;
      if (buffer === first) {
        swaps++;
        onSwap?.(swaps);
      }
    }
    (writeBuffer as (...values: unknown[]) => void)
      .call(queue, buffer, ...rest);
  };
  return {
    device,
    live: () => live,
    peak: () => peak,
    failed: () => failed,
    swaps: () => swaps,
  };
}
