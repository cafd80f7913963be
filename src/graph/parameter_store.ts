import { dispatch } from "../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import type { ComputedConstant, Constant } from "./lower_node.ts";
import { evaluateParameter, type ParameterValues } from "./parameter.ts";

/** Buffers double in size up to this one, so that a small network takes little. */
const CHUNK = 32 * 1024 * 1024, FIRST = 2 ** 20;

/** A model's parameters on the GPU, packed, in a few large buffers. */
export class ParameterStore implements Disposable {
  readonly #gpu: Gpu;
  readonly #label: string;
  readonly #ranges = new Map<string, Promise<BufferRange>>();
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

  /** Where a constant lies; it is made and put there the first time. */
  get(constant: Constant | ComputedConstant): Promise<BufferRange> {
    let range = this.#ranges.get(constant.key);
    if (!range) {
      range = "source" in constant
        ? this.#compute(constant)
        : this.#upload(constant);
      this.#ranges.set(constant.key, range);
    }
    return range;
  }

  // deno-lint-ignore require-await -- what is thrown here belongs in the promise
  async #upload({ parameters, pack }: Constant): Promise<BufferRange> {
    const bytes = pack(
      ...parameters.map((parameter) =>
        evaluateParameter(parameter, this.#values)
      ),
    );
    const range = this.#reserve(bytes.byteLength);
    this.#gpu.device.queue.writeBuffer(range.buffer, range.offset, bytes);
    return range;
  }

  async #compute(
    { source, binding, program, bytes }: ComputedConstant,
  ): Promise<BufferRange> {
    const input = await this.get(source);
    const range = this.#reserve(bytes);
    // A dispatch may not write the buffer that it reads, so the result is made apart and copied.
    const { STORAGE, COPY_SRC } = GPUBufferUsage;
    const made = this.#gpu.buffer(program.name, bytes, STORAGE | COPY_SRC);
    try {
      const output = { buffer: made, offset: 0, size: bytes };
      const resources = { [binding]: input, output };
      const prepared = await this.#gpu.prepare(program, resources);
      const encoder = this.#gpu.encoder(program.name);
      const pass = encoder.beginComputePass({ label: program.name });
      dispatch(pass, prepared);
      pass.end();
      encoder.copyBufferToBuffer(made, 0, range.buffer, range.offset, bytes);
      this.#gpu.submit(encoder);
    } finally {
      this.#gpu.free(made);
    }
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
        Math.max(Math.min(CHUNK, FIRST << this.#buffers.length), size),
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
