import type { BufferRange, Gpu } from "../../gpu/gpu.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { TensorData } from "../../weights/tensor_data.ts";
import type { ParameterSlot } from "./parameter_slots.ts";

const CHUNK = 64 * 1024 * 1024; // adapters can bind at least twice as much
const ALIGN = 512; // so that offsets are multiples of 256 also in 16-bit copies
const END = 4096; // 256 vectors

/** Positions of slots in memory that is divided into chunks. */
export interface SlotPlaces {
  /** Bytes of each chunk, with 32-bit values. */
  readonly sizes: readonly number[];
  /** Position of each slot, by name. */
  readonly places: ReadonlyMap<string, SlotPlace>;
}

/** Position of a slot. */
export interface SlotPlace {
  readonly slot: ParameterSlot;
  /** Index of the chunk. */
  readonly chunk: number;
  /** First byte in the chunk, with 32-bit values. */
  readonly offset: number;
}

/** Places slots one after another, so that a kernel can process a chunk of them at once. */
export function placeSlots(slots: readonly ParameterSlot[]): SlotPlaces {
  const sizes: number[] = [];
  const places = new Map<string, SlotPlace>();
  for (const slot of slots) {
    if (sizes.length === 0 || sizes[sizes.length - 1] + slot.bytes > CHUNK) {
      sizes.push(0);
    }
    const chunk = sizes.length - 1;
    places.set(slot.name, { slot, chunk, offset: sizes[chunk] });
    sizes[chunk] += Math.ceil(slot.bytes / ALIGN) * ALIGN;
  }
  // Rounded up to whole workgroups.
  const whole = sizes.map((size) => Math.ceil(size / END) * END);
  return { sizes: whole, places };
}

/** GPU memory with one value per element of each slot: parameters, gradients, or a moment. Initially zero. */
export class SlotMemory implements Disposable {
  /** One per chunk. */
  readonly buffers: readonly GPUBuffer[];
  readonly #gpu: Gpu;
  readonly #places: SlotPlaces;
  readonly #precision: Precision;

  /** Creates the buffers. */
  constructor(
    gpu: Gpu,
    places: SlotPlaces,
    { label, precision = "f32" }: {
      readonly label: string;
      readonly precision?: Precision;
    },
  ) {
    this.#gpu = gpu;
    this.#places = places;
    this.#precision = precision;
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    this.buffers = places.sizes.map((size, i) =>
      gpu.buffer(
        `training.${label}.${i}`,
        size / this.#share,
        STORAGE | COPY_SRC | COPY_DST,
      )
    );
  }

  get #share(): number {
    return this.#precision === "f16" ? 2 : 1;
  }

  get slots(): ParameterSlot[] {
    return [...this.#places.places.values()].map(({ slot }) => slot);
  }

  /** Bytes of GPU memory. */
  get bytes(): number {
    return this.buffers.reduce((sum, { size }) => sum + size, 0);
  }

  /** A whole chunk. */
  chunk(index: number): BufferRange {
    const buffer = this.buffers[index];
    return { buffer, offset: 0, size: buffer.size };
  }

  /** The range of a slot. */
  range(name: string): BufferRange {
    const { slot, chunk, offset } = this.#places.places.get(name)!;
    return {
      buffer: this.buffers[chunk],
      offset: offset / this.#share,
      size: slot.bytes / this.#share,
    };
  }

  /** Writes a slot's values. */
  write(name: string, values: Float32Array): void {
    const packed = this.#places.places.get(name)!.slot.pack(values);
    const { buffer, offset } = this.range(name);
    this.#gpu.write(
      buffer,
      offset,
      this.#precision === "f16" ? Float16Array.from(packed) : packed,
    );
  }

  /** Reads all slots' values after all queued work. Only for 32-bit memory. */
  async read(): Promise<Map<string, Float32Array<ArrayBuffer>>> {
    const chunks = await Promise.all(
      this.buffers.map((buffer) =>
        this.#gpu.read({ buffer, offset: 0, size: buffer.size })
      ),
    );
    const values = new Map<string, Float32Array<ArrayBuffer>>();
    for (const [name, { slot, chunk, offset }] of this.#places.places) {
      const packed = new Float32Array(chunks[chunk], offset, slot.bytes / 4);
      values.set(name, slot.unpack(packed));
    }
    return values;
  }

  /** Converts the result of {@linkcode SlotMemory.read} to tensors, under their keys and a suffix. */
  tensors(
    values: ReadonlyMap<string, Float32Array<ArrayBuffer>>,
    suffix = "",
  ): Map<string, TensorData> {
    return new Map(this.slots.map(({ name, shape }) => {
      const data = new Uint8Array(values.get(name)!.buffer);
      return [`${name}${suffix}`, { shape, dtype: "f32", data }];
    }));
  }

  /** Sets all values to zero. */
  clear(): void {
    const encoder = this.#gpu.encoder("clear");
    for (const buffer of this.buffers) encoder.clearBuffer(buffer);
    this.#gpu.submit(encoder);
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.buffers) this.#gpu.free(buffer);
  }
}
