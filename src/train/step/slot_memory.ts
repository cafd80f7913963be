import type { BufferRange, Gpu } from "../../gpu/gpu.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { TensorData } from "../../weights/tensor_data.ts";
import type { ParameterSlot } from "./parameter_slots.ts";

const CHUNK = 64 * 1024 * 1024; // adapters bind at least twice as much
const ALIGN = 512; // so that offsets are multiples of 256 in 16-bit copies, too
const END = 4096; // 256 vectors

/** Where slots lie in memory that is cut into chunks. */
export interface SlotPlaces {
  /** Bytes of each chunk in 32 bits. */
  readonly sizes: readonly number[];
  /** Each slot, its chunk, and where it begins there. */
  readonly places: ReadonlyMap<string, SlotPlace>;
}

/** A slot, its chunk, and where it begins there in 32 bits. */
export interface SlotPlace {
  /** What lies there. */
  readonly slot: ParameterSlot;
  /** Index of the chunk. */
  readonly chunk: number;
  /** First byte. */
  readonly offset: number;
}

/** Lays slots one after the other, so that a kernel takes a chunk of them at once. */
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
  // Whole workgroups of what goes through a chunk at once.
  const whole = sizes.map((size) => Math.ceil(size / END) * END);
  return { sizes: whole, places };
}

/** One value of each slot's elements on the GPU: the parameters, or their gradients, or a moment. Starts with zeros. */
export class SlotMemory implements Disposable {
  /** One for each chunk. */
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

  /** What lies there. */
  get slots(): ParameterSlot[] {
    return [...this.#places.places.values()].map(({ slot }) => slot);
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return this.buffers.reduce((sum, { size }) => sum + size, 0);
  }

  /** A whole chunk. */
  chunk(index: number): BufferRange {
    const buffer = this.buffers[index];
    return { buffer, offset: 0, size: buffer.size };
  }

  /** Where a slot lies. */
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
    this.#gpu.device.queue.writeBuffer(
      buffer,
      offset,
      this.#precision === "f16" ? Float16Array.from(packed) : packed,
    );
  }

  /** Reads all slots' values, 32-bit memory's alone, as they are after what was queued so far. */
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

  /** Values as {@linkcode SlotMemory.read} gives them as tensors, under their keys and a suffix. */
  tensors(
    values: ReadonlyMap<string, Float32Array<ArrayBuffer>>,
    suffix = "",
  ): Map<string, TensorData> {
    return new Map(this.slots.map(({ name, shape }) => {
      const data = new Uint8Array(values.get(name)!.buffer);
      return [`${name}${suffix}`, { shape, dtype: "f32", data }];
    }));
  }

  /** Sets everything to zero. */
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
