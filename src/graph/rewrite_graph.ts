import { type Graph, nodesOf } from "./graph.ts";
import { withInputs } from "./op.ts";
import type { Tensor } from "./tensor.ts";

/** The context of the node that a rule rewrites. */
export interface RewriteContext {
  /** Number of nodes and outputs that read the node's input of this index. */
  uses(input: number): number;
}

/** Replaces a node, whose inputs are already rewritten, or returns it unchanged. */
export type RewriteRule = (node: Tensor, context: RewriteContext) => Tensor;

/** Applies a rule to every node, inputs first, and returns a new graph. */
export function rewriteGraph<I extends string, O extends string>(
  graph: Graph<I, O>,
  rule: RewriteRule,
): Graph<I, O> {
  const nodes = nodesOf(graph);
  const counts = new Map<Tensor, number>();
  const readers = [
    ...nodes.flatMap(({ inputs }) => inputs),
    ...Object.values<Tensor>(graph.outputs),
  ];
  for (const node of readers) counts.set(node, (counts.get(node) ?? 0) + 1);

  const replaced = new Map<Tensor, Tensor>();
  const follow = (node: Tensor): Tensor => replaced.get(node)!;
  for (const node of nodes) {
    const same = node.inputs.every((input) => input === follow(input));
    const uses = (input: number) => counts.get(node.inputs[input])!;
    replaced.set(node, rule(same ? node : withInputs(node, follow), { uses }));
  }
  return {
    inputs: graph.inputs,
    outputs: mapValues(graph.outputs, follow),
  };
}

function mapValues<K extends string, V, W>(
  record: Readonly<Record<K, V>>,
  map: (value: V) => W,
): Record<K, W> {
  const entries = Object.entries<V>(record).map(([key, value]) =>
    [key, map(value)] as const
  );
  return Object.fromEntries(entries) as Record<K, W>;
}
