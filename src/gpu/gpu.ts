import {
  compilePipeline,
  expandPack,
  type Pipeline,
} from "./compile_pipeline.ts";
import { cannot } from "../errors/cannot.ts";
import type { BufferRange, Dispatch } from "./dispatch.ts";
import {
  GpuError,
  type GpuErrorKind,
  gpuFailure,
  messageOf,
} from "./gpu_error.ts";
import type { Program } from "./program.ts";
import {
  type AdapterDescription,
  requestDevice,
  type RequestedDevice,
  type RequestGpuOptions,
  unknownAdapter,
} from "./request_device.ts";

export type { BufferRange, Pipeline };

function reportedError(kind: GpuErrorKind, cause: Error | GPUError): GpuError {
  return gpuFailure(kind, {
    action: "use the GPU",
    reason: `the device reported an error (${messageOf(cause)})`,
    cause,
  });
}

/**
 * A WebGPU device that frees its buffers, compiles each pipeline once, and throws the errors that the device reports.
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
  /** The adapter, its driver and backend, as far as known. */
  readonly about: AdapterDescription;
  /** Bytes available to all buffers, if known: the caller's limit, or the bytes in use when memory ran out. */
  capacity: number = Infinity;
  readonly #requested: RequestedDevice | undefined;
  readonly #buffers = new Set<GPUBuffer>();
  readonly #pipelines = new Map<string, Promise<Pipeline>>();
  /** Pending calls of `guard()`. A promise of the failure would keep all of them alive as long as the device. */
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
      const why = messageOf(info) || info.reason;
      const reason = `the device was lost (${why})`;
      this.#fail(gpuFailure("lost", { action: "use the GPU", reason }));
    });
  }

  readonly #onError = (event: Event) => {
    event.preventDefault?.();
    const { error } = event as GPUUncapturedErrorEvent;
    const kind = error.constructor.name === "GPUOutOfMemoryError"
      ? "out-of-memory"
      : "validation";
    this.#fail(reportedError(kind, error));
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

  /** Wraps the caller's device, which the caller must still destroy. */
  static from(device: GPUDevice): Gpu {
    return new Gpu(device);
  }

  /** Identifies the adapter, its driver and the runtime, as far as known. Measurements are valid for one identity. */
  get identity(): string {
    return this.#requested?.identity ?? "unknown";
  }

  /** Name of the adapter; `unknown` for a device from the caller. */
  get adapter(): string {
    return this.about.name;
  }

  /** The fixed subgroup size; 0 if subgroups are unavailable, if their size varies, or for a device from the caller. */
  get subgroupSize(): number {
    const info = this.#requested?.info;
    const usable = info &&
      this.device.features.has("subgroups" as GPUFeatureName) &&
      info.subgroupMinSize === info.subgroupMaxSize;
    return usable ? info.subgroupMinSize : 0;
  }

  /** Throws the first error that the device has reported, if any. */
  check(): void {
    if (this.#failure) throw this.#failure;
    if (!this.#disposed) return;
    const reason = "it was disposed";
    throw gpuFailure("lost", { action: "use the GPU", reason });
  }

  #fail(error: GpuError): void {
    this.#failure ??= error;
    for (const tell of this.#waiting) tell(this.#failure);
  }

  /** Awaits a promise, but throws as soon as the device fails. */
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

  /** A failing device may reject pending work before it reports its failure, so this waits briefly for the report. */
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
    return this.#failure ?? reportedError("validation", cause as Error);
  }

  /** Creates a buffer, which {@linkcode Gpu.free} or the disposal of this object destroys. */
  buffer(label: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer {
    this.check();
    const { maxBufferSize } = this.device.limits;
    if (size > maxBufferSize) {
      throw gpuFailure("out-of-memory", {
        action: `create buffer "${label}"`,
        reason:
          `${size} bytes exceed the adapter's limit of ${maxBufferSize}; use smaller tiles or f16`,
      });
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
   * Compiles a program, or returns its pipeline from the cache.
   *
   * @throws {GpuError} If the shader does not compile, naming the line and its source.
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
    // Programs with the same code may differ in their workgroups, so each keeps its own.
    return { ...await compiled, program };
  }

  /** Binds buffers to a pipeline by the names of its bindings. */
  bind(
    { pipeline: _, program, layout }: Pipeline,
    resources: Readonly<Record<string, BufferRange>>,
  ): GPUBindGroup {
    const action = `bind "${program.name}"`;
    const limit = this.device.limits.maxStorageBufferBindingSize;
    const entries = Object.entries(program.bindings).map(
      ([name, { index }]) => {
        const resource = resources[name];
        if (!resource) {
          throw cannot(action, `binding "${name}" has no buffer`, {
            kind: TypeError,
          });
        }
        if (resource.size > limit) {
          throw gpuFailure("out-of-memory", {
            action,
            reason:
              `${resource.size} bytes for "${name}" exceed the adapter's limit of ${limit}; use smaller tiles or f16`,
          });
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

  /** Submits the recorded commands. */
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
