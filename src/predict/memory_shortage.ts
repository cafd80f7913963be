import { GpuError } from "../gpu/gpu_error.ts";
import { lifetimesOf } from "../graph/compile_graphs.ts";
import type { Graph } from "../graph/graph.ts";
import { planBuffers } from "../graph/plan_buffers.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { formatGib } from "./format_gib.ts";
import type { TileBytes } from "./plan_memory.ts";

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
