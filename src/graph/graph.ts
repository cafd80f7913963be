import { input } from "./ops/input.ts";
import {
  formatShape,
  learnedParameters,
  type Parameter,
  type Shape,
  type Tensor,
} from "./tensor.ts";

/** A network: what goes in and what comes out, by name. The nodes between hang on the outputs. */
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
 * Builds a graph from layers as functions.
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
 * @throws {RangeError} where a layer's shapes do not fit, or a shape is not of positive integers.
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

/** The graph's nodes in an order in which each comes after what it reads. */
export function nodesOf(graph: Graph): Tensor[] {
  const seen = new Set<Tensor>();
  const visit = (node: Tensor) => {
    if (seen.has(node)) return;
    for (const input of node.inputs) visit(input);
    seen.add(node);
  };
  // A set keeps the order of insertion, which is that of completion here.
  for (const input of Object.values(graph.inputs)) visit(input);
  for (const output of Object.values(graph.outputs)) visit(output);
  return [...seen];
}

/**
 * What the graph learns: each parameter once, in the order of the layers.
 *
 * @throws {RangeError} where two layers give one name to parameters of different shapes.
 */
export function parametersOf(graph: Graph): Parameter[] {
  const parameters = new Map<string, Parameter>();
  for (const node of nodesOf(graph)) {
    for (const parameter of Object.values(node.parameters)) {
      for (const learned of learnedParameters(parameter)) {
        const other = parameters.get(learned.name) ?? learned;
        if (formatShape(other.shape) !== formatShape(learned.shape)) {
          throw new RangeError(
            `Cannot name two parameters "${learned.name}" as their shapes must be equal then: received ${
              formatShape(other.shape)
            } and ${formatShape(learned.shape)}`,
          );
        }
        parameters.set(learned.name, learned);
      }
    }
  }
  return [...parameters.values()];
}
