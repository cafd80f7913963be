import { largestSizes } from "../graph/compile_graphs.ts";

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
