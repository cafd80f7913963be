import { collect } from "./collect.ts";
import {
  compilePipeline,
  expandPack,
  type Pipeline,
} from "./compile_pipeline.ts";
import { cannot } from "../errors/cannot.ts";
import type { BufferRange, Dispatch } from "./dispatch.ts";
import { DeviceHealth, type GuardOptions } from "./device_health.ts";
import { gpuFailure } from "./gpu_error.ts";
import { type Hardware, hardwareOf } from "./hardware.ts";
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
  readonly #health: DeviceHealth;
  #disposed = false;

  private constructor(device: GPUDevice, requested?: RequestedDevice) {
    this.device = device;
    this.#requested = requested;
    this.about = requested?.about ?? unknownAdapter;
    this.#health = new DeviceHealth(device);
  }

  /**
   * Requests a device with the adapter's limits.
   *
   * @throws {GpuError} If there is no WebGPU, no such adapter, or no device.
   */
  static async request(options: RequestGpuOptions = {}): Promise<Gpu> {
    const requested = await requestDevice(options.adapter);
    return new Gpu(requested.device, requested);
  }

  /**
   * Wraps the caller's device, which the caller must still destroy. Nothing is known of its adapter: kernels are those that
   * suit software adapters, unless a tuning has others.
   */
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

  /**
   * What the GPU is likely to do, for choosing kernels; none for software adapters.
   *
   * @internal
   */
  get hardware(): Hardware | undefined {
    return hardwareOf(this.about, this.device.limits);
  }

  /** Throws the first error that the device has reported, if any. */
  check(): void {
    this.#health.check();
  }

  /** Awaits a promise, but throws as soon as the device fails or does not answer in time, or the signal aborts. */
  guard<T>(promise: Promise<T>, options?: GuardOptions): Promise<T> {
    return this.#health.guard(promise, options);
  }

  /** Makes a call that must not throw but may, as a driver's fault: it throws a {@linkcode GpuError}. */
  attempt<T>(call: () => T): T {
    return this.#health.attempt(call);
  }

  /** Maps a buffer for reading, as soon as the device has done what was submitted before. */
  async map(buffer: GPUBuffer, options?: GuardOptions): Promise<void> {
    const mapped = this.attempt(() => buffer.mapAsync(GPUMapMode.READ));
    await this.guard(mapped, options);
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
    const buffer = this.attempt(() =>
      this.device.createBuffer({
        label,
        size: Math.ceil(Math.max(size, 16) / 4) * 4,
        usage,
      })
    );
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
      compiled = this.guard(compilePipeline(this.device, { ...program, code }));
      this.#pipelines.set(program.code, compiled);
      // What failed once may compile later: a device that is short of memory, or that hung.
      compiled.catch(() => this.#pipelines.delete(program.code));
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
    const label = `${program.name}.bindings`;
    return this.attempt(() =>
      this.device.createBindGroup({ label, layout, entries })
    );
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
    return this.attempt(() => this.device.createCommandEncoder({ label }));
  }

  /** Submits the recorded commands. */
  submit(encoder: GPUCommandEncoder): void {
    this.attempt(() => this.device.queue.submit([encoder.finish()]));
  }

  /** Writes to a buffer, after what was submitted before. */
  write(buffer: GPUBuffer, offset: number, data: BufferSource): void {
    this.attempt(() => this.device.queue.writeBuffer(buffer, offset, data));
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
      await this.map(staging);
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
    this.#health[Symbol.dispose]();
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
    this.#pipelines.clear();
    if (this.#requested) this.device.destroy();
    collect();
  }
}
