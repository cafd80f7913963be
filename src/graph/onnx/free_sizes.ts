import { type Graph, nodesOf } from "../graph.ts";
import { opOf } from "../op.ts";
import type { Shape, Tensor } from "../tensor.ts";

/** The sizes of its input that a graph leaves open. */
export interface FreeSizes {
  /** Whether it takes any number of pictures. */
  readonly batch: boolean;
  /** Whether it takes pictures of other sizes, if its layers do. */
  readonly size: boolean;
  /** For layers that repeat one pixel, a layer before them of the result's size. */
  readonly like: ReadonlyMap<Tensor, Tensor>;
}

/**
 * Finds out which sizes of its input a network leaves open, by building it for others: its operators must be the same.
 *
 * @returns The graph for `shape`, and what is free.
 */
export function findFreeSizes<I extends string, O extends string>(
  build: (shape: Shape) => Graph<I, O>,
  shape: Shape,
): { readonly graph: Graph<I, O>; readonly free: FreeSizes } {
  const graph = build(shape);
  const other = (factors: readonly number[]): Graph | undefined => {
    try {
      return build(shape.map((size, i) => size * factors[i]) as never);
    } catch {
      return undefined; // it does not take them
    }
  };
  const batched = other([2, 1, 1, 1]);
  const like = new Map<Tensor, Tensor>();
  const larger = other([1, 1, 2, 3]);
  const size = larger !== undefined && isSame(graph, larger, like);
  if (!size) like.clear();
  const batch = batched !== undefined && isSame(graph, batched, new Map());
  return { graph, free: { batch, size, like } };
}

/** Whether two graphs have the same operators; fills `like`. */
function isSame(a: Graph, b: Graph, like: Map<Tensor, Tensor>): boolean {
  const [nodesA, nodesB] = [a, b].map(nodesOf);
  if (nodesA.length !== nodesB.length) return false;
  const [textA, textB] = [nodesA, nodesB].map(describe);
  return nodesA.every((node, i) => {
    if (textA[i] === textB[i]) return true;
    const forms = [node, nodesB[i]].map((one) => opOf(one).onnx(one));
    const repeats = forms.every((list) =>
      list.length === 1 && list[0].operator === "Expand"
    );
    const at = nodesA.slice(0, i).findIndex((other, j) =>
      hasSize(other, node) && hasSize(nodesB[j], nodesB[i])
    );
    if (!repeats || at < 0) return false;
    like.set(node, nodesA[at]);
    return true;
  });
}

function hasSize({ shape: a }: Tensor, { shape: b }: Tensor): boolean {
  return a[2] === b[2] && a[3] === b[3];
}

/** The operators of nodes, and what they read. */
function describe(nodes: readonly Tensor[]): string[] {
  const places = new Map(nodes.map((node, i) => [node, i]));
  return nodes.map((node) =>
    JSON.stringify(
      [node.inputs.map((input) => places.get(input)), opOf(node).onnx(node)],
      (_, value) => {
        if (typeof value === "bigint") return Number(value);
        return value instanceof Float32Array ? Array.from(value) : value;
      },
    )
  );
}
