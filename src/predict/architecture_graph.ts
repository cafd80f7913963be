import { lifetimesOf } from "../graph/compile_graphs.ts";
import { buildGraph, type Graph } from "../graph/graph.ts";
import { optimizeGraph } from "../graph/optimize_graph.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Architecture } from "../models/architecture.ts";

/** How far sides are tried: beyond the strides of any usual network. */
const REACH = 512;

/**
 * An architecture's graph for one square image.
 *
 * @throws {RangeError} where the network does not take that side; the message names those that it does.
 */
export function architectureGraph(
  architecture: Architecture,
  side: number,
): Graph<"image", "logits"> {
  const build = (side: number) => buildSquare(architecture, side);
  try {
    return build(side);
  } catch (cause) {
    const { below, above } = fittingSides(side, build);
    const sides = [below, above].filter((one) => one !== undefined);
    if (sides.length === 0) throw cause; // it is wrong at any side
    throw new RangeError(
      `Cannot use ${architecture.name} for tiles of ${side} pixels, expansion included: ${
        (cause as Error).message
      }; ${sides.join(" or ")} would do`,
      { cause },
    );
  }
}

/** An architecture's graph for the smallest square image from `side` on that it takes: where any would do. */
export function anyGraph(
  architecture: Architecture,
  side = 64,
): Graph<"image", "logits"> {
  const { above } = fittingSides(
    side,
    (side) => buildSquare(architecture, side),
  );
  return buildSquare(architecture, above ?? side);
}

function buildSquare(
  { forward, name }: Architecture,
  side: number,
): Graph<"image", "logits"> {
  const graph = buildGraph(
    { image: [1, 3, side, side] },
    ({ image }) => ({ logits: forward(image) }),
  );
  const { shape } = graph.outputs.logits;
  if (shape[1] !== 1 || shape[2] !== side || shape[3] !== side) {
    throw new RangeError(
      `Cannot use ${name} as its logits must be 1×1×${side}×${side}: received ${
        shape.join("×")
      }`,
    );
  }
  return graph;
}

/** Bytes of the largest tensor of an architecture at a tile's side, which one binding must hold. */
export function largestTensor(
  architecture: Architecture,
  { side, precision }: {
    readonly side: number;
    readonly precision: Precision;
  },
): number {
  const graph = optimizeGraph(anyGraph(architecture, side));
  const sizes = [...lifetimesOf(graph, precision).values()]
    .map(({ size }) => size);
  return Math.max(...sizes);
}

/**
 * The sides of square images next to `side` that a network takes, found by trying: a graph is built in no time, and only
 * the network knows what its strides and shapes need. `above` may be `side` itself.
 */
function fittingSides(
  side: number,
  build: (side: number) => unknown,
): { readonly below?: number; readonly above?: number } {
  const fits = (other: number): boolean => {
    try {
      build(other);
      return true;
    } catch {
      return false;
    }
  };
  const sides = Array.from({ length: REACH }, (_, i) => i);
  return {
    below: sides.map((i) => side - 1 - i).filter((one) => one > 0).find(fits),
    above: sides.map((i) => side + i).find(fits),
  };
}
