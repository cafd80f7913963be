import { GpuError } from "../gpu/gpu_error.ts";
import { largestSizes, lifetimesOf } from "../graph/compile_graphs.ts";
import type { Graph } from "../graph/graph.ts";
import { planBuffers } from "../graph/plan_buffers.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";

const digits = (roundingMode: "halfExpand" | "ceil") =>
  new Intl.NumberFormat("en", {
    maximumSignificantDigits: 3,
    useGrouping: false,
    roundingMode,
  });
const nearest = digits("halfExpand");
const enough = digits("ceil");

/** Bytes as text, in GiB with three digits; `ceil` rounds up. */
export function formatGib(bytes: number, rounding?: "ceil"): string {
  const format = rounding === "ceil" ? enough : nearest;
  return `${format.format(bytes / 2 ** 30)} GiB`;
}

/** Options for {@linkcode memoryShortage}. */
export interface MemoryShortage {
  /** Available bytes. */
  readonly capacity: number;
  /** The caller's limit in bytes. */
  readonly limit: number;
  /** Side of the tiles in pixels; undefined if the weights alone are too large. */
  readonly side?: number;
  /** Bytes of tensors. */
  readonly tensors?: number;
  /** Bytes of tiles. */
  readonly tiles?: TileBytes;
  /** Which memory. Default: GPU memory. */
  readonly place?: "GPU memory" | "memory";
}

/** The error that networks do not fit in GPU memory: required and available bytes, by part, and the way out. */
export function memoryShortage(
  networks: readonly { readonly name: string; readonly bytes: number }[],
  { capacity, limit, side, tensors = 0, tiles, place = "GPU memory" }:
    MemoryShortage,
): GpuError {
  const largest = networks.reduce((a, b) => b.bytes > a.bytes ? b : a);
  const { name, bytes } = largest;
  const isSetting = capacity <= limit && limit < Infinity;
  const option = isSetting ? " (--memory)" : "";
  const room = `the ${formatGib(capacity)} of ${place}${option}`;
  const shortage = (message: string): GpuError =>
    Object.assign(new GpuError("out-of-memory", message), { isSetting });
  if (!tiles) {
    return shortage(
      `Cannot use "${name}": its weights take ${
        formatGib(bytes, "ceil")
      }, more than ${room}`,
    );
  }
  // Several networks take turns in the memory of the largest, tile by tile.
  const tile = tiles.fixed +
    (networks.length > 1 ? tiles.each : tiles.unswapped);
  return shortage(
    `Cannot use "${name}" for tiles of ${side} pixels: they take ${
      formatGib(bytes + tensors + tile, "ceil")
    } (weights ${formatGib(bytes)}, tensors ${formatGib(tensors)}, tiles ${
      formatGib(tile)
    }), more than ${room}; use smaller tiles${option && ", more memory"} or ${
      place === "memory" ? "fewer networks" : "f16"
    }`,
  );
}

/** Minimum bytes of the tensors of graphs, without the scratch memory of single kernels. */
export function leastTensors(
  graphs: readonly Graph<"image", "logits">[],
  precision: Precision,
): number {
  const bytes = [...new Set(graphs)].map((graph) => {
    const { sizes } = planBuffers([...lifetimesOf(graph, precision).values()]);
    return sizes.reduce((sum, size) => sum + size, 0);
  });
  return Math.max(...bytes);
}

/** How an ensemble shares GPU memory with its tensors and tiles. */
export interface MemoryPlan {
  /** Number of networks whose weights stay on the GPU: the first ones. */
  readonly resident: number;
  /** Number of networks whose weights take turns, because not all fit; 0 if all stay. */
  readonly swapped: number;
  /** Tiles per network before the next one's weights replace it; 1 if all stay. */
  readonly batch: number;
  /** Bytes of GPU memory for all networks together, tensors and tiles included. */
  readonly needed: number;
  /** Available bytes of GPU memory; `Infinity` if no limit is known. */
  readonly capacity: number;
}

/** Bytes of tiles on the GPU. */
export interface TileBytes {
  /** Independent of the number of tiles. */
  readonly fixed: number;
  /** Per tile of a batch. */
  readonly each: number;
  /** For all tiles in flight if nothing is swapped. */
  readonly unswapped: number;
  /** Maximum tiles per batch. */
  readonly most: number;
}

/** Input of {@linkcode planMemory}. */
export interface MemoryDemand {
  /** Sizes of each network's weight buffers, in bytes. */
  readonly weights: readonly (readonly number[])[];
  /** Bytes of the tensors, shared by all networks. */
  readonly tensors: number;
  readonly tiles: TileBytes;
  /** Available bytes. */
  readonly capacity: number;
  /** Number of networks that stay, if already decided. */
  readonly resident?: number;
}

/**
 * Decides how many networks stay and how many tiles make a batch, so that as few bytes as possible are swapped per tile.
 *
 * @returns `undefined` if not even one network fits with one tile.
 */
export function planMemory(
  { weights, tensors, tiles, capacity, resident: settled }: MemoryDemand,
): MemoryPlan | undefined {
  const bytes = weights.map(sumOf);
  const rest = tensors + tiles.fixed;
  const needed = sumOf(bytes) + rest + tiles.unswapped;
  const count = weights.length;
  if (needed <= capacity && (settled ?? count) === count) {
    return { resident: count, swapped: 0, batch: 1, needed, capacity };
  }
  let best: MemoryPlan | undefined;
  let least = Infinity;
  for (let resident = 0; resident < count - 1; resident++) {
    if (resident !== (settled ?? resident)) continue;
    const swapped = count - resident;
    const turns = sumOf(largestSizes(weights.slice(resident)));
    const held = sumOf(bytes.slice(0, resident)) + turns;
    const room = Math.floor((capacity - rest - held) / tiles.each);
    const batch = Math.min(room, tiles.most);
    const cost = sumOf(bytes.slice(resident)) / batch;
    if (batch < 1 || cost > least) continue;
    least = cost;
    best = { resident, swapped, batch, needed, capacity };
  }
  return best;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
