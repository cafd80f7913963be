import { cannot } from "../errors/cannot.ts";
import { input } from "./ops/input.ts";
import {
  formatShape,
  learnedParameters,
  type Parameter,
  type Shape,
  type Tensor,
} from "./tensor.ts";

/**
 * A network: its inputs and outputs by name. The outputs refer to the nodes in between.
 *
 * @category Graphs
 */
export interface Graph<
  Inputs extends string = string,
  Outputs extends string = string,
> {
  /** The inputs. */
  readonly inputs: Readonly<Record<Inputs, Tensor>>;
  /** The outputs. */
  readonly outputs: Readonly<Record<Outputs, Tensor>>;
}

/**
 * Builds a graph by calling layers as functions.
 *
 * @example
 * ```ts
 * import { buildGraph, conv2d, relu } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ image: [1, 3, 64, 64] }, ({ image }) => ({
 *   edges: relu(conv2d(image, { name: "edges", channels: 8, kernel: 3, padding: 1 })),
 * }));
 * console.log(graph.outputs.edges.shape); // [1, 8, 64, 64]
 * ```
 *
 * @throws {RangeError} If the shapes of a layer are incompatible, or a size is not a positive integer.
 *
 * @category Graphs
 */
export function buildGraph<Inputs extends string, Outputs extends string>(
  shapes: Readonly<Record<Inputs, Shape>>,
  build: (
    inputs: Readonly<Record<Inputs, Tensor>>,
  ) => Readonly<Record<Outputs, Tensor>>,
): Graph<Inputs, Outputs> {
  const inputs = {} as Record<Inputs, Tensor>;
  for (const name of Object.keys(shapes) as Inputs[]) {
    inputs[name] = input(name, shapes[name]);
  }
  return { inputs, outputs: build(inputs) };
}

/** The graph's nodes in topological order, inputs first. */
export function nodesOf(graph: Graph): Tensor[] {
  const seen = new Set<Tensor>();
  const visit = (node: Tensor) => {
    if (seen.has(node)) return;
    for (const input of node.inputs) visit(input);
    seen.add(node);
  };
  // A set keeps the order of insertion, which here is that of completion.
  for (const input of Object.values(graph.inputs)) visit(input);
  for (const output of Object.values(graph.outputs)) visit(output);
  return [...seen];
}

/**
 * The learned parameters of a graph, each once, in the order of the layers.
 *
 * @throws {RangeError} If parameters of different shapes have the same name.
 *
 * @category Graphs
 */
export function parametersOf(graph: Graph): Parameter[] {
  const parameters = new Map<string, Parameter>();
  for (const node of nodesOf(graph)) {
    for (const parameter of Object.values(node.parameters)) {
      for (const learned of learnedParameters(parameter)) {
        const other = parameters.get(learned.name) ?? learned;
        if (formatShape(other.shape) !== formatShape(learned.shape)) {
          const shapes = [other, learned].map(({ shape }) =>
            formatShape(shape)
          );
          throw cannot(
            `share parameter "${learned.name}"`,
            `the shapes ${shapes.join(" and ")} differ; use another name`,
            { kind: RangeError },
          );
        }
        parameters.set(learned.name, learned);
      }
    }
  }
  return [...parameters.values()];
}
