import { cannot } from "../errors/cannot.ts";
import { allocateBuffers } from "../gpu/allocate_buffers.ts";
import { type Dispatch, dispatch } from "../gpu/dispatch.ts";
import type { BufferRange, Gpu } from "../gpu/gpu.ts";
import { freeArray } from "../io/free_array.ts";
import type { ComputedConstant, Constant } from "./op.ts";
import { evaluateParameter, type ParameterValues } from "./tensor.ts";

/** The part of a network's constants that one GPU buffer holds. */
export interface Chunk {
  /** Bytes. */
  readonly size: number;
  /** Whether its constants are computed on the GPU. */
  readonly computed: boolean;
  /** Its bytes in main memory, unless only the GPU holds them. */
  image?: Uint8Array<ArrayBuffer>;
  /** The buffer that holds it, if any. */
  buffer?: GPUBuffer;
  /** Whether the store owns the buffer. */
  owned?: boolean;
}

/** The place of a constant in its chunk. */
export interface Place {
  readonly chunk: Chunk;
  readonly offset: number;
  readonly size: number;
}

/** A constant: its bytes, or their number if it is computed on the GPU. */
export interface Piece {
  readonly key: string;
  readonly bytes: Uint8Array | number;
}

/** Most bytes of a chunk, unless a single constant is larger. */
const CHUNK = 32 * 2 ** 20;

/** Lays constants out in chunks, in order. Iterates over the pieces lazily, so that few are in memory twice. */
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
 * after {@linkcode ParameterStore.share} in main memory, to be written to buffers that several stores take turns using.
 */
export class ParameterStore implements Disposable {
  readonly #gpu: Gpu;
  readonly #label: string;
  readonly #places = new Map<string, Place>();
  readonly #computed: ComputedConstant[] = [];
  #chunks: Chunk[] = [];
  #values: ParameterValues;
  #transforms: Dispatch[] = [];

  /** Creates an empty store; `values` returns the learned parameters. */
  constructor(
    gpu: Gpu,
    values: ParameterValues,
    { label }: { readonly label: string },
  ) {
    this.#gpu = gpu;
    this.#values = values;
    this.#label = label;
  }

  /** Bytes of each GPU buffer that it needs; new constants add buffers. */
  get sizes(): readonly number[] {
    return this.#chunks.map(({ size }) => size);
  }

  /** Total bytes of the GPU buffers that it needs. */
  get bytes(): number {
    return this.sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Bytes in GPU buffers of its own. */
  get uploaded(): number {
    return this.#chunks
      .reduce((sum, { size, owned }) => sum + (owned ? size : 0), 0);
  }

  /** Packs new constants in main memory, and assigns them to buffers. */
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

  /** Releases the learned parameters in main memory. Afterward, no new constants can be added. */
  release(): void {
    this.#values = (name) => {
      throw cannot(`pack parameter "${name}"`, "its values were released", {
        kind: TypeError,
      });
    };
  }

  /** The buffer range of a constant. */
  get({ key }: { readonly key: string }): BufferRange {
    const place = this.#places.get(key);
    const buffer = place?.chunk.buffer;
    if (!buffer) {
      throw cannot(`bind constant "${key}"`, "it is not on the GPU", {
        kind: TypeError,
      });
    }
    return { buffer, offset: place.offset, size: place.size };
  }

  /**
   * Moves all constants from main memory to GPU buffers of its own.
   *
   * @throws {GpuError} If GPU memory runs out.
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
    missing.forEach(forget);
    this.#transforms = [];
  }

  /** Moves all constants from GPU buffers of its own back to main memory, and frees the buffers. */
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

  /** Uses the caller's buffers, of at least `sizes`, from now on; {@linkcode ParameterStore.write} fills them. */
  async share(buffers: readonly GPUBuffer[]): Promise<void> {
    await this.download();
    this.#chunks.forEach((chunk, i) => chunk.buffer = buffers[i]);
    this.#transforms = await this.#prepare(this.#computed);
  }

  /** Writes all constants to the shared buffers, after work already submitted. */
  write(): void {
    this.#write(this.#chunks, this.#transforms);
  }

  #write(chunks: readonly Chunk[], transforms: readonly Dispatch[]): void {
    for (const { buffer, image } of chunks) {
      if (buffer && image) this.#gpu.write(buffer, 0, image);
    }
    const encoder = this.#gpu.encoder(this.#label);
    for (const transform of transforms) {
      const label = transform.pipeline.program.name;
      const pass = encoder.beginComputePass({ label });
      dispatch(pass, transform);
      pass.end();
    }
    this.#gpu.submit(encoder); // even an empty one, which releases the memory that writes are staged in
  }

  /** Computed constants and their sources never share a buffer: a dispatch may not write to a buffer it reads. */
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

  /** Frees the store's own buffers, and what it keeps in main memory. */
  [Symbol.dispose](): void {
    this.#chunks.forEach((chunk) => this.#free(chunk));
    this.#chunks.forEach(forget);
    this.#chunks = [];
    this.#places.clear();
  }
}

/** Frees a chunk's bytes in main memory. */
function forget(chunk: Chunk): void {
  if (chunk.image) freeArray(chunk.image);
  chunk.image = undefined;
}

/** Creates buffers for stores. */
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
