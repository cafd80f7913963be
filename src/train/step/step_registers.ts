import type { BufferRange, Gpu } from "../../gpu/gpu.ts";

/** Reads small results back without blocking the queue. Staging buffers are reused. */
export class ResultReader implements Disposable {
  readonly #gpu: Gpu;
  readonly #size: number;
  readonly #idle: GPUBuffer[] = [];
  readonly #all: GPUBuffer[] = [];

  /** Creates a reader for results of at most `size` bytes. */
  constructor(gpu: Gpu, size: number) {
    this.#gpu = gpu;
    this.#size = size;
  }

  /** Submits the recorded commands and a copy of a result, and waits only for the result. */
  async submit(
    encoder: GPUCommandEncoder,
    { buffer, offset, size }: BufferRange,
  ): Promise<ArrayBuffer> {
    const staging = this.#idle.pop() ?? this.#create();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    this.#gpu.submit(encoder);
    await this.#gpu.map(staging);
    const bytes = staging.getMappedRange(0, size).slice(0);
    staging.unmap();
    this.#idle.push(staging);
    return bytes;
  }

  #create(): GPUBuffer {
    const { COPY_DST, MAP_READ } = GPUBufferUsage;
    const staging = this.#gpu.buffer(
      "training.result",
      this.#size,
      COPY_DST | MAP_READ,
    );
    this.#all.push(staging);
    return staging;
  }

  /** Frees the staging buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.#all) this.#gpu.free(buffer);
  }
}

/** Bytes of the optimizer's state on the GPU: `Control` in `optimizer/prepare_update.wgsl`. */
export const CONTROL_BYTES = 32;
const SETTINGS_BYTES = 48;

/** The optimizer's state on the GPU. */
export interface Control {
  /** Factor of the loss before the backward pass. */
  readonly lossScale: number;
  /** Number of applied updates. */
  readonly steps: number;
  /** Applied updates since the loss scale last changed. */
  readonly steadySteps: number;
  /** Whether the last update was applied. */
  readonly applied: boolean;
  /** Global norm of the gradients at the last update. */
  readonly norm: number;
}

/** Decodes the optimizer's state. */
export function unpackControl(bytes: ArrayBuffer): Control {
  const floats = new Float32Array(bytes);
  const integers = new Uint32Array(bytes);
  return {
    lossScale: floats[0],
    steps: integers[1],
    steadySteps: integers[2],
    applied: integers[3] === 1,
    norm: floats[4],
  };
}

/** The numbers that control a step on the GPU, and those that it returns. */
export class StepRegisters implements Disposable {
  /** Seed of the batch, a uniform. */
  readonly seed: BufferRange;
  /** Weight of the batch, a uniform. */
  readonly weight: BufferRange;
  /** Settings of the update, a uniform. */
  readonly settings: BufferRange;
  /** State of the optimizer. */
  readonly control: BufferRange;
  /** Loss of the batch. */
  readonly loss: BufferRange;
  readonly #gpu: Gpu;

  /** Creates the buffers. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const create = (name: string, size: number, usage: number) => ({
      buffer: gpu.buffer(`training.${name}`, size, usage | COPY_DST),
      offset: 0,
      size,
    });
    this.seed = create("seed", 16, UNIFORM);
    this.weight = create("weight", 16, UNIFORM);
    this.settings = create("settings", SETTINGS_BYTES, UNIFORM);
    this.control = create("control", CONTROL_BYTES, STORAGE | COPY_SRC);
    this.loss = create("loss", 4, STORAGE | COPY_SRC);
  }

  writeBatch(
    { seed, weight }: { readonly seed: number; readonly weight: number },
  ): void {
    this.#gpu.write(this.seed.buffer, 0, Uint32Array.of(seed));
    this.#gpu.write(this.weight.buffer, 0, Float32Array.of(weight));
  }

  writeSettings(settings: Float32Array<ArrayBuffer>): void {
    this.#gpu.write(this.settings.buffer, 0, settings);
  }

  writeControl(
    { step, lossScale, steadySteps }: {
      readonly step: number;
      readonly lossScale: number;
      readonly steadySteps: number;
    },
  ): void {
    const bytes = new ArrayBuffer(CONTROL_BYTES);
    new Float32Array(bytes)[0] = lossScale;
    new Uint32Array(bytes).set([step, steadySteps], 1);
    this.#gpu.write(this.control.buffer, 0, bytes);
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    const { seed, weight, settings, control, loss } = this;
    for (const { buffer } of [seed, weight, settings, control, loss]) {
      this.#gpu.free(buffer);
    }
  }
}
