import {
  compilePipeline,
  expandPack,
  type Pipeline,
} from "./compile_pipeline.ts";
import type { BufferRange, Dispatch } from "./dispatch.ts";
import { GpuError } from "./gpu_error.ts";
import type { Program } from "./program.ts";
import {
  type AdapterDescription,
  requestDevice,
  type RequestedDevice,
  type RequestGpuOptions,
  unknownAdapter,
} from "./request_device.ts";

export type { BufferRange, Pipeline };

/**
 * A WebGPU device with buffers that are freed with it, pipelines compiled once, and the device's errors as exceptions.
 *
 * @example
 * ```ts
 * import { Gpu } from "@tilewise/tilewise/gpu";
 *
 * using gpu = await Gpu.request();
 * console.log(gpu.adapter);
 * ```
 */
export class Gpu implements Disposable {
  /** The device. */
  readonly device: GPUDevice;
  /** The adapter, its driver and backend, as far as they are certain. */
  readonly about: AdapterDescription;
  /**
   * Bytes that all buffers may take, if known: the limit set by the caller, or the bytes in use when memory ran out.
   */
  capacity: number = Infinity;
  readonly #requested: RequestedDevice | undefined;
  readonly #buffers = new Set<GPUBuffer>();
  readonly #pipelines = new Map<string, Promise<Pipeline>>();
  /** Waiters for the device. A promise of its failure would keep all of them alive as long as the device. */
  readonly #waiting = new Set<(error: GpuError) => void>();
  #failure: GpuError | undefined;
  #disposed = false;

  private constructor(device: GPUDevice, requested?: RequestedDevice) {
    this.device = device;
    this.#requested = requested;
    this.about = requested?.about ?? unknownAdapter;
    device.addEventListener("uncapturederror", this.#onError);
    device.lost.then((info) => {
      if (this.#disposed) return;
      const message = `Cannot go on as the GPU device is lost: received "${
        info.message || info.reason
      }"`;
      this.#fail(new GpuError("lost", message));
    });
  }

  readonly #onError = (event: Event) => {
    event.preventDefault?.();
    const { error } = event as GPUUncapturedErrorEvent;
    const kind = error.constructor.name === "GPUOutOfMemoryError"
      ? "out-of-memory"
      : "validation";
    const message =
      `Cannot go on as the GPU reported an error: received "${error.message.trim()}"`;
    this.#fail(new GpuError(kind, message));
  };

  /**
   * Requests a device with the adapter's limits.
   *
   * @throws {GpuError} If there is no WebGPU, no such adapter, or no device.
   */
  static async request(options: RequestGpuOptions = {}): Promise<Gpu> {
    const requested = await requestDevice(options.adapter);
    return new Gpu(requested.device, requested);
  }

  /** Wraps a device of the caller, who still has to destroy it. */
  static from(device: GPUDevice): Gpu {
    return new Gpu(device);
  }

  /** Identifies the adapter, its driver and the runtime, as far as known: measurements are valid for these. */
  get identity(): string {
    return this.#requested?.identity ?? "unknown";
  }

  /** Description of the adapter; `unknown` for a device of the caller. */
  get adapter(): string {
    return this.about.name;
  }

  /** Subgroup size, if shaders can use subgroups and the size is fixed; else 0, also for a device of the caller. */
  get subgroupSize(): number {
    const info = this.#requested?.info;
    const usable = info &&
      this.device.features.has("subgroups" as GPUFeatureName) &&
      info.subgroupMinSize === info.subgroupMaxSize;
    return usable ? info.subgroupMinSize : 0;
  }

  /** Throws the error that the device has reported since it was created, if any. */
  check(): void {
    if (this.#failure) throw this.#failure;
    if (this.#disposed) {
      throw new GpuError("lost", "Cannot use the GPU as it was disposed");
    }
  }

  #fail(error: GpuError): void {
    this.#failure ??= error;
    for (const tell of this.#waiting) tell(this.#failure);
  }

  /** Waits for a promise, or throws as soon as the device fails. */
  async guard<T>(promise: Promise<T>): Promise<T> {
    this.check();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    try {
      const result = await Promise.race([promise, failed]);
      this.check();
      return result;
    } catch (cause) {
      throw cause instanceof GpuError ? cause : await this.#explain(cause);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  /** A failing device rejects pending work, sometimes before it reports its failure: waits a moment for that. */
  async #explain(cause: unknown): Promise<GpuError> {
    if (!this.#failure) {
      const { promise: told, resolve } = Promise.withResolvers<void>();
      const tell = () => resolve();
      this.#waiting.add(tell);
      const timer = setTimeout(resolve, 100);
      await told;
      clearTimeout(timer);
      this.#waiting.delete(tell);
    }
    const message = `Cannot go on as the GPU reported an error: received "${
      (cause as Error).message
    }"`;
    return this.#failure ?? new GpuError("validation", message, { cause });
  }

  /** Creates a buffer that {@linkcode Gpu.free} or the end of this object destroys. */
  buffer(label: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer {
    this.check();
    const { maxBufferSize } = this.device.limits;
    if (size > maxBufferSize) {
      throw new GpuError(
        "out-of-memory",
        `Cannot create buffer ${label} as the adapter allows ${maxBufferSize} bytes: received ${size}; use smaller tiles or f16`,
      );
    }
    const buffer = this.device.createBuffer({
      label,
      size: Math.ceil(Math.max(size, 16) / 4) * 4,
      usage,
    });
    this.#buffers.add(buffer);
    return buffer;
  }

  /** Destroys a buffer now. */
  free(buffer: GPUBuffer): void {
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /** Total bytes of all buffers. */
  get bytes(): number {
    let sum = 0;
    for (const buffer of this.#buffers) sum += buffer.size;
    return sum;
  }

  /**
   * Compiles a program, or takes what it compiles to from the cache.
   *
   * @throws {GpuError} with the line and its source if the shader does not compile.
   */
  async pipeline(program: Program): Promise<Pipeline> {
    this.check();
    let compiled = this.#pipelines.get(program.code);
    if (!compiled) {
      const { directives = "", slowPack = false } = this.#requested ?? {};
      const source = slowPack ? expandPack(program.code) : program.code;
      const code = directives + source;
      compiled = compilePipeline(this.device, { ...program, code });
      this.#pipelines.set(program.code, compiled);
    }
    // Programs of one code may differ in their workgroups, so each keeps its own.
    return { ...await compiled, program };
  }

  /** Binds buffers to a pipeline by the names of its bindings. */
  bind(
    { pipeline: _, program, layout }: Pipeline,
    resources: Readonly<Record<string, BufferRange>>,
  ): GPUBindGroup {
    const limit = this.device.limits.maxStorageBufferBindingSize;
    const entries = Object.entries(program.bindings).map(
      ([name, { index }]) => {
        const resource = resources[name];
        if (!resource) {
          throw new TypeError(
            `Cannot bind ${program.name} as a binding has no buffer: received none for "${name}"`,
          );
        }
        if (resource.size > limit) {
          throw new GpuError(
            "out-of-memory",
            `Cannot bind ${program.name}.${name} as the adapter binds at most ${limit} bytes: received ${resource.size}; ` +
              "use smaller tiles or f16",
          );
        }
        return { binding: index, resource: { ...resource } };
      },
    );
    return this.device.createBindGroup({
      label: `${program.name}.bindings`,
      layout,
      entries,
    });
  }

  /** Compiles a program and binds buffers to it, so that it can be dispatched. */
  async prepare(
    program: Program,
    resources: Readonly<Record<string, BufferRange>>,
  ): Promise<Dispatch & { readonly bytes: number }> {
    const pipeline = await this.pipeline(program);
    const bindings = this.bind(pipeline, resources);
    const bytes = Object.keys(program.bindings)
      .reduce((sum, name) => sum + resources[name].size, 0);
    return { pipeline, bindings, bytes };
  }

  /** Starts recording commands. */
  encoder(label: string): GPUCommandEncoder {
    this.check();
    return this.device.createCommandEncoder({ label });
  }

  /** Submits what was recorded. */
  submit(encoder: GPUCommandEncoder): void {
    this.device.queue.submit([encoder.finish()]);
  }

  /** Creates a set of timestamp queries; the device must have `timestamp-query`. */
  timestamps(label: string, count: number): GPUQuerySet {
    return this.device.createQuerySet({ label, type: "timestamp", count });
  }

  /** Waits for the device and reads a range of one of its buffers. */
  async read({ buffer, offset, size }: BufferRange): Promise<ArrayBuffer> {
    const staging = this.buffer(
      `${buffer.label}.staging`,
      size,
      GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    );
    try {
      const encoder = this.encoder("read");
      const whole = Math.ceil(size / 4) * 4; // the staging buffer may be larger than the range
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, whole);
      this.submit(encoder);
      await this.guard(staging.mapAsync(GPUMapMode.READ));
      const bytes = staging.getMappedRange().slice(0, size);
      staging.unmap();
      return bytes;
    } finally {
      this.free(staging);
    }
  }

  /** Frees all buffers, and the device if this object requested it. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.device.removeEventListener("uncapturederror", this.#onError);
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
    this.#pipelines.clear();
    if (this.#requested) this.device.destroy();
  }
}
