import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import type { Constant } from "./lower_node.ts";
import { evaluateParameter, type ParameterValues } from "./parameter.ts";

const CHUNK = 32 * 1024 * 1024;

/** A model's parameters on the GPU, packed, in a few large buffers. */
export class ParameterStore implements Disposable {
  readonly #gpu: Gpu;
  readonly #label: string;
  readonly #ranges = new Map<string, BufferRange>();
  readonly #buffers: GPUBuffer[] = [];
  #values: ParameterValues;
  #used = 0;

  /** Starts empty; `values` gives the learned parameters. */
  constructor(
    gpu: Gpu,
    values: ParameterValues,
    { label }: { readonly label: string },
  ) {
    this.#gpu = gpu;
    this.#values = values;
    this.#label = label;
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return this.#buffers.reduce((sum, { size }) => sum + size, 0);
  }

  /** Where a constant lies; it is packed and uploaded the first time. */
  get(constant: Constant): BufferRange {
    const known = this.#ranges.get(constant.key);
    if (known) return known;
    const bytes = constant.pack(
      ...constant.parameters.map((parameter) =>
        evaluateParameter(parameter, this.#values)
      ),
    );
    const range = this.#reserve(bytes.byteLength);
    this.#gpu.device.queue.writeBuffer(range.buffer, range.offset, bytes);
    this.#ranges.set(constant.key, range);
    return range;
  }

  /** Lets go of the values in main memory; only what was uploaded can be had from now on. */
  release(): void {
    this.#values = (name) => {
      throw new TypeError(
        `Cannot upload a parameter as its values were released: received ${name}`,
      );
    };
  }

  #reserve(size: number): BufferRange {
    let buffer = this.#buffers.at(-1);
    if (!buffer || this.#used + size > buffer.size) {
      buffer = this.#gpu.buffer(
        `${this.#label}.parameters`,
        Math.max(CHUNK, size),
        GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM |
          GPUBufferUsage.COPY_DST,
      );
      this.#buffers.push(buffer);
      this.#used = 0;
    }
    const offset = this.#used;
    this.#used += Math.ceil(size / 256) * 256;
    return { buffer, offset, size };
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.#buffers) this.#gpu.free(buffer);
    this.#buffers.length = 0;
    this.#ranges.clear();
  }
}
