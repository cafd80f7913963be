import { allocateBuffers } from "../gpu/allocate_buffers.ts";
import { type Dispatch, dispatch } from "../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import type { ComputedConstant, Constant } from "./op.ts";
import { evaluateParameter, type ParameterValues } from "./tensor.ts";

/** Part of a network's constants: what lies in one GPU buffer. */
export interface Chunk {
  /** Bytes. */
  readonly size: number;
  /** Whether its constants are made on the GPU. */
  readonly computed: boolean;
  /** Its bytes, where they have to be written yet, or again and again. */
  image?: Uint8Array<ArrayBuffer>;
  /** Where it lies. */
  buffer?: GPUBuffer;
  /** Whether that buffer is the store's own. */
  owned?: boolean;
}

/** Where a constant lies in its chunk. */
export interface Place {
  readonly chunk: Chunk;
  readonly offset: number;
  readonly size: number;
}

/** A constant: its bytes, or how many they will be where it is made on the GPU. */
export interface Piece {
  readonly key: string;
  readonly bytes: Uint8Array | number;
}

/** A chunk holds this much, or one constant that is larger. */
const CHUNK = 32 * 2 ** 20;

/** Lays constants out in chunks, in order. Pieces are asked for one by one, so that few are in memory twice. */
export function layOutConstants(
  pieces: Iterable<Piece>,
  { computed }: { readonly computed: boolean },
): { readonly chunks: Chunk[]; readonly places: Map<string, Place> } {
  const chunks: Chunk[] = [];
  const places = new Map<string, Place>();
  let held: (Piece & { readonly offset: number; readonly size: number })[] = [];
  let end = 0;
  const close = () => {
    if (held.length === 0) return;
    const image = computed ? undefined : new Uint8Array(end);
    const chunk: Chunk = { size: end, computed, image };
    chunks.push(chunk);
    for (const { key, bytes, offset, size } of held) {
      if (typeof bytes !== "number") image?.set(bytes, offset);
      places.set(key, { chunk, offset, size });
    }
    [held, end] = [[], 0];
  };
  for (const piece of pieces) {
    const { bytes } = piece;
    const size = typeof bytes === "number" ? bytes : bytes.length;
    if (end + size > CHUNK) close();
    held.push({ ...piece, offset: end, size });
    end += Math.ceil(size / 256) * 256; // WebGPU's alignment of bindings
  }
  close();
  return { chunks, places };
}

/**
 * A network's constants, packed in a few large buffers: in GPU buffers of its own after {@linkcode ParameterStore.upload};
 * after {@linkcode ParameterStore.share} in main memory, and in buffers that several stores take turns in.
 */
export class ParameterStore implements Disposable {
  readonly #gpu: Gpu;
  readonly #label: string;
  readonly #places = new Map<string, Place>();
  readonly #computed: ComputedConstant[] = [];
  #chunks: Chunk[] = [];
  #values: ParameterValues;
  #transforms: Dispatch[] = [];

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

  /** Bytes of each buffer that it needs on the GPU; new constants add buffers. */
  get sizes(): readonly number[] {
    return this.#chunks.map(({ size }) => size);
  }

  /** Bytes of them all. */
  get bytes(): number {
    return this.sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Bytes of those that lie in GPU buffers of its own. */
  get uploaded(): number {
    return this.#chunks
      .reduce((sum, { size, owned }) => sum + (owned ? size : 0), 0);
  }

  /** Packs constants that are new to it, in main memory, and gives them places. */
  add(constants: Iterable<Constant | ComputedConstant>): void {
    const plain = new Map<string, Constant>();
    const computed = new Map<string, ComputedConstant>();
    for (const constant of constants) {
      const source = "source" in constant ? constant.source : constant;
      if (!this.#places.has(source.key)) plain.set(source.key, source);
      if ("source" in constant && !this.#places.has(constant.key)) {
        computed.set(constant.key, constant);
      }
    }
    for (
      const { chunks, places } of [
        layOutConstants(this.#pack(plain.values()), { computed: false }),
        layOutConstants(computed.values(), { computed: true }),
      ]
    ) {
      this.#chunks.push(...chunks);
      places.forEach((place, key) => this.#places.set(key, place));
    }
    this.#computed.push(...computed.values());
  }

  *#pack(constants: Iterable<Constant>): Generator<Piece> {
    for (const { key, parameters, pack } of constants) {
      const values = parameters
        .map((parameter) => evaluateParameter(parameter, this.#values));
      yield { key, bytes: new Uint8Array(pack(...values)) };
    }
  }

  /** Lets go of the learned parameters in main memory; only constants that were added can be had from now on. */
  release(): void {
    this.#values = (name) => {
      throw new TypeError(
        `Cannot pack a parameter as its values were released: received ${name}`,
      );
    };
  }

  /** Where a constant lies. */
  get({ key }: { readonly key: string }): BufferRange {
    const place = this.#places.get(key);
    const buffer = place?.chunk.buffer;
    if (!buffer) {
      throw new TypeError(
        `Cannot use a constant as it must be on the GPU: received ${key}`,
      );
    }
    return { buffer, offset: place.offset, size: place.size };
  }

  /**
   * Puts into GPU buffers of its own what is not there yet; main memory lets go of it.
   *
   * @throws {GpuError} where GPU memory does not hold it.
   */
  async upload(): Promise<void> {
    const missing = this.#chunks.filter(({ owned }) => !owned);
    if (missing.length === 0) return;
    const sizes = missing.map(({ size }) => size);
    const buffers = await allocateParameters(this.#gpu, this.#label, sizes);
    missing.forEach((chunk, i) => {
      chunk.buffer = buffers[i];
      chunk.owned = true;
    });
    try {
      const isMissing = ({ key }: ComputedConstant) =>
        missing.includes(this.#places.get(key)!.chunk);
      const computed = this.#computed.filter(isMissing);
      this.#write(missing, await this.#prepare(computed));
    } catch (error) {
      missing.forEach((chunk) => this.#free(chunk));
      throw error;
    }
    for (const chunk of missing) chunk.image = undefined;
    this.#transforms = [];
  }

  /** Takes what lies in GPU buffers of its own back to main memory, and frees them. */
  async download(): Promise<void> {
    for (const chunk of this.#chunks) {
      const { buffer, owned, computed, size } = chunk;
      if (!buffer || !owned) continue;
      if (!computed) {
        const bytes = await this.#gpu.read({ buffer, offset: 0, size });
        chunk.image = new Uint8Array(bytes);
      }
      this.#free(chunk);
    }
  }

  /** From now on it lies in the caller's buffers, of at least its `sizes`, whenever {@linkcode ParameterStore.write} puts it there. */
  async share(buffers: readonly GPUBuffer[]): Promise<void> {
    await this.download();
    this.#chunks.forEach((chunk, i) => chunk.buffer = buffers[i]);
    this.#transforms = await this.#prepare(this.#computed);
  }

  /** Writes all of it into the shared buffers, after what was submitted before. */
  write(): void {
    this.#write(this.#chunks, this.#transforms);
  }

  #write(chunks: readonly Chunk[], transforms: readonly Dispatch[]): void {
    const { queue } = this.#gpu.device;
    for (const { buffer, image } of chunks) {
      if (buffer && image) queue.writeBuffer(buffer, 0, image);
    }
    const encoder = this.#gpu.encoder(this.#label);
    for (const transform of transforms) {
      const label = transform.pipeline.program.name;
      const pass = encoder.beginComputePass({ label });
      dispatch(pass, transform);
      pass.end();
    }
    this.#gpu.submit(encoder); // an empty one too: what is written waits for it in memory of its own
  }

  /** Constants and what is made of them never share a buffer: a dispatch may not write what it reads. */
  #prepare(constants: readonly ComputedConstant[]): Promise<Dispatch[]> {
    return Promise.all(constants.map((constant) => {
      const { source, binding, program } = constant;
      const resources = {
        [binding]: this.get(source),
        output: this.get(constant),
      };
      return this.#gpu.prepare(program, resources);
    }));
  }

  #free(chunk: Chunk): void {
    if (chunk.buffer && chunk.owned) this.#gpu.free(chunk.buffer);
    chunk.buffer = undefined;
    chunk.owned = false;
  }

  /** Frees its own buffers. */
  [Symbol.dispose](): void {
    this.#chunks.forEach((chunk) => this.#free(chunk));
    this.#chunks = [];
    this.#places.clear();
  }
}

/** Creates buffers that stores can lie in. */
export function allocateParameters(
  gpu: Gpu,
  name: string,
  sizes: readonly number[],
): Promise<GPUBuffer[]> {
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage;
  const usage = STORAGE | UNIFORM | COPY_DST | COPY_SRC;
  const label = `${name}.parameters`;
  return allocateBuffers(gpu, sizes.map((size) => ({ label, size, usage })));
}
