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

/** Bytes as people read them: three digits, in GiB, never less than the bytes with `ceil`. */
export function formatGib(bytes: number, rounding?: "ceil"): string {
  const format = rounding === "ceil" ? enough : nearest;
  return `${format.format(bytes / 2 ** 30)} GiB`;
}

/** What does not fit. */
export interface MemoryShortage {
  /** Bytes that there are. */
  readonly capacity: number;
  /** Bytes that the caller set as the limit. */
  readonly limit: number;
  /** Side of the tiles in pixels; none where weights alone are too large. */
  readonly side?: number;
  /** Bytes of tensors. */
  readonly tensors?: number;
  /** Bytes of tiles. */
  readonly tiles?: TileBytes;
}

/** The error that networks do not fit the GPU's memory: what each part takes, what all of it takes, and what to do. */
export function memoryShortage(
  networks: readonly { readonly name: string; readonly bytes: number }[],
  { capacity, limit, side, tensors = 0, tiles }: MemoryShortage,
): GpuError {
  const largest = networks.reduce((a, b) => b.bytes > a.bytes ? b : a);
  const { name, bytes } = largest;
  const option = capacity <= limit && limit < Infinity ? " (--memory)" : "";
  const room = `${formatGib(capacity)} of GPU memory${option}`;
  if (!tiles) {
    return new GpuError(
      "out-of-memory",
      `Cannot use ${name} as its weights must fit ${room}: received ${
        formatGib(bytes, "ceil")
      }`,
    );
  }
  // Several networks take turns in the place of the largest, tile by tile.
  const tile = tiles.fixed +
    (networks.length > 1 ? tiles.each : tiles.unswapped);
  return new GpuError(
    "out-of-memory",
    `Cannot use ${name} for tiles of ${side} pixels as both must fit ${room}: received ${
      formatGib(bytes + tensors + tile, "ceil")
    } (${formatGib(bytes)} of weights, ${formatGib(tensors)} of tensors, ${
      formatGib(tile)
    } of tiles); use smaller tiles${option && ", more memory"} or f16`,
  );
}

/** Bytes that the tensors of graphs take at least, without what single kernels need. */
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

/** How an ensemble shares the GPU's memory with its tensors and tiles. */
export interface MemoryPlan {
  /** Networks whose weights stay on the GPU: the first ones. */
  readonly resident: number;
  /** Networks whose weights take turns there, as there is no room for all; 0 where all stay. */
  readonly swapped: number;
  /** Tiles that go through a network before the next one's weights take its place; 1 where all stay. */
  readonly batch: number;
  /** Bytes of GPU memory that all networks would take together, tensors and tiles included. */
  readonly needed: number;
  /** Bytes of GPU memory that there are; `Infinity` where no limit is known. */
  readonly capacity: number;
}

/** Bytes that tiles take on the GPU. */
export interface TileBytes {
  /** Once, however many tiles there are. */
  readonly fixed: number;
  /** For each tile of a batch. */
  readonly each: number;
  /** For all tiles that are under way where nothing is swapped. */
  readonly unswapped: number;
  /** Most tiles of a batch. */
  readonly most: number;
}

/** What {@linkcode planMemory} has to place. */
export interface MemoryDemand {
  /** Each network's buffers of weights, in bytes. */
  readonly weights: readonly (readonly number[])[];
  /** Bytes of the tensors, which all networks share. */
  readonly tensors: number;
  /** The tiles. */
  readonly tiles: TileBytes;
  /** Bytes that there are. */
  readonly capacity: number;
  /** Networks that stay, where that is settled. */
  readonly resident?: number;
}

/**
 * Decides how many networks stay and how many tiles make a batch, so that as few bytes as possible are swapped a tile.
 *
 * @returns `undefined` where not even one network fits with one tile.
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
