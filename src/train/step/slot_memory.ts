import type { BufferRange, Gpu } from "../../gpu/gpu.ts";
import { unfused } from "../../graph/fused/fused_node.ts";
import { type Graph, nodesOf } from "../../graph/graph.ts";
import type { Conv2dLayout } from "../../graph/lower_conv2d.ts";
import type { Parameter } from "../../graph/tensor.ts";
import { packVector } from "../../kernels/pack.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import { elementCount, type TensorData } from "../../weights/tensor_data.ts";
import { trainingOp } from "../ops/mod.ts";

/** A learned parameter or running statistic and how it is packed on the GPU, always 32-bit. */
export interface ParameterSlot {
  /** Its state-dict key. */
  readonly name: string;
  /** Its sizes, as PyTorch has them. */
  readonly shape: readonly number[];
  /** Bytes when packed. */
  readonly bytes: number;
  /** Packs its values. */
  pack(values: Float32Array): Float32Array<ArrayBuffer>;
  /** Takes its values out of their packing. */
  unpack(packed: Float32Array): Float32Array<ArrayBuffer>;
}

/** What a training step keeps of a graph's parameters. */
export interface ParameterSlots {
  /** What gradients change. */
  readonly trained: readonly ParameterSlot[];
  /** The running statistics of batch norms. */
  readonly statistics: readonly ParameterSlot[];
}

/** How a convolution's weight is packed. */
export function weightSlot(
  { name, shape }: Parameter,
  layout: Conv2dLayout,
): ParameterSlot {
  const { outputs, inputs, kernel: [height, width] } = layout.stored;
  const blocks = Math.ceil(outputs / 4) * Math.ceil(inputs / 4);
  return {
    name,
    shape,
    bytes: blocks * height * width * 64,
    pack: (values) => new Float32Array(layout.pack(values, "f32")),
    unpack: (packed) => layout.unpack(packed),
  };
}

/** How a vector is packed, a value for each channel. */
export function vectorSlot({ name, shape }: Parameter): ParameterSlot {
  const length = elementCount(shape);
  return {
    name,
    shape,
    bytes: Math.ceil(length / 4) * 16,
    pack: (values) => new Float32Array(packVector(values)),
    unpack: (packed) => Float32Array.from(packed.subarray(0, length)),
  };
}

/**
 * Finds what a graph learns and how it is packed.
 *
 * @throws {RangeError} where two layers use one parameter.
 */
export function parameterSlots(graph: Graph): ParameterSlots {
  const trained = new Map<string, ParameterSlot>();
  const statistics: ParameterSlot[] = [];
  for (const node of nodesOf(graph)) {
    const { base } = unfused(node);
    const slots = trainingOp(base)?.slots?.(base);
    for (const slot of slots?.trained ?? []) {
      if (trained.has(slot.name)) {
        throw new RangeError(
          `Cannot train a graph as each parameter must be one layer's: received "${slot.name}" in two`,
        );
      }
      trained.set(slot.name, slot);
    }
    statistics.push(...slots?.statistics ?? []);
  }
  return { trained: [...trained.values()], statistics };
}

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
