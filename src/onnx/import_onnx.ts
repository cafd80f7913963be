import { cannot } from "../errors/cannot.ts";
import type { Tensor } from "../graph/tensor.ts";
import { FOLDING } from "./fold_constants.ts";
import { ACTIVATIONS } from "./operators/activation.ts";
import { CONVOLUTIONS } from "./operators/convolution.ts";
import { ELEMENTWISE } from "./operators/elementwise.ts";
import { LAYOUT } from "./operators/layout.ts";
import { NORMS } from "./operators/norm.ts";
import { PRODUCTS } from "./operators/product.ts";
import { RANGES } from "./operators/range.ts";
import { RESIZING } from "./operators/resize.ts";
import type { OnnxModel, OnnxNode } from "./read_onnx.ts";
import {
  dimsOf,
  image,
  type ImportOperator,
  isConstant,
  type OperatorContext,
  refusal,
  type Value,
} from "./value.ts";
import { toImage } from "./arrange.ts";
import { axesOf } from "./view.ts";

/** Operators on pictures, by name. */
const OPERATORS: Readonly<Record<string, ImportOperator>> = {
  ...ACTIVATIONS,
  ...CONVOLUTIONS,
  ...ELEMENTWISE,
  ...LAYOUT,
  ...NORMS,
  ...PRODUCTS,
  ...RANGES,
  ...RESIZING,
};

/** Operators of which the sizes alone count, whatever the input. */
const SIZES = ["Shape", "Size"];

/** What could replace some operators that are not supported. */
const ADVICE: Readonly<Record<string, string>> = {
  If: "export it without control flow, for one size",
  Loop: "export it without control flow, for one size",
  Scan: "export it without control flow, for one size",
  NonMaxSuppression: "export the network without what follows its logits",
  QuantizeLinear: "export it in float32, not quantized",
  DequantizeLinear: "export it in float32, not quantized",
  QLinearConv: "export it in float32, not quantized",
  ConvInteger: "export it in float32, not quantized",
  GridSample: "use a resize in its place",
  LSTM: "it is not convolutional",
  GRU: "it is not convolutional",
};

/** What a network computes, and the values of its parameters by name. */
export interface ImportedNetwork {
  /** By their names in the file. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly parameters: ReadonlyMap<string, () => Float32Array>;
}

/**
 * Builds the layers of a network from an ONNX file, for inputs of one size. What follows from the size is computed now.
 *
 * @param inputs The inputs by their names in the file.
 * @throws {TypeError} If an operator, or a use of it, is not supported; the message names it.
 */
export function importOnnx(
  model: OnnxModel,
  inputs: Readonly<Record<string, Tensor>>,
): ImportedNetwork {
  const parameters = new Map<string, () => Float32Array>();
  const values = new Map<string, Value>(model.tensors);
  for (const { name } of model.inputs) {
    const tensor = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (!tensor) throw refuseInput(`it also has an input "${name}"`);
    values.set(name, image(tensor));
  }
  for (const node of orderNodes(model, values)) {
    importNode(node, { opset: model.opset, values, parameters });
  }
  return { outputs: outputsOf(model, values), parameters };
}

function outputsOf(
  { inputs, outputs }: OnnxModel,
  values: ReadonlyMap<string, Value>,
): Record<string, Tensor> {
  // Sizes that follow from others may be stated for an example.
  const isFixed = inputs.every(({ dims }) =>
    dims.every((size) => size !== undefined)
  );
  return Object.fromEntries(outputs.map(({ name, dims }) => {
    const value = values.get(name);
    if (!value || isConstant(value)) {
      throw refuseInput(`its output "${name}" does not depend on its input`);
    }
    const found = dimsOf(value);
    const fits = dims.every((size, i) =>
      size === undefined || size === found[i]
    );
    if (isFixed && !fits) {
      throw refuseInput(
        `it says that its output "${name}" is ${
          dims.map((size) => size ?? "any").join("×")
        }, but its operators make ${found.join("×")}`,
      );
    }
    const axes = axesOf(value);
    const isOrder = axes.every((axis) => axis !== undefined);
    const isImage = axes.every((axis, i) => axis === i);
    const { tensor, view } = value;
    // Another order, as N×H×W×C, would be taken for this one.
    if (view.length === 4 && (isImage || !isOrder)) {
      return [name, toImage(value)];
    }
    if (view.length === 2 && isImage) return [name, tensor];
    throw refuseInput(
      `its output "${name}", ${found.join("×")}, is not N×C×H×W`,
    );
  }));
}

function refuseInput(reason: string): Error {
  return cannot("import an ONNX file", reason, { kind: TypeError });
}

function importNode(
  node: OnnxNode,
  { opset, values, parameters }: {
    readonly opset: number;
    readonly values: Map<string, Value>;
    readonly parameters: Map<string, () => Float32Array>;
  },
): void {
  const inputs = node.inputs.map((name) => name ? values.get(name) : undefined);
  const { operator, outputs } = node;
  const context: OperatorContext = {
    node,
    opset,
    name: outputs[0],
    inputs,
    parameter(name, shape, values) {
      parameters.set(name, values);
      return { name, shape };
    },
    refuse: (reason) => refusal(node, reason),
  };
  if (node.domain !== "") {
    throw context.refuse(`operators of ${node.domain} are not supported`);
  }
  const known = inputs.every((value) => !value || isConstant(value));
  const table = known || SIZES.includes(operator) ? FOLDING : OPERATORS;
  if (!Object.hasOwn(table, operator)) {
    throw context.refuse(
      ADVICE[operator] ?? "there is no such operator among the supported ones",
    );
  }
  const results = table[operator](context);
  const list: readonly Value[] = Array.isArray(results) ? results : [results];
  list.forEach((value, i) => values.set(outputs[i], value));
}

/** The nodes, each after what it reads, as the standard wants them; files may differ. */
function orderNodes(
  { nodes }: OnnxModel,
  known: ReadonlyMap<string, Value>,
): OnnxNode[] {
  const readers = new Map<string, OnnxNode[]>();
  const missing = new Map<OnnxNode, number>();
  const ready: OnnxNode[] = [];
  for (const node of nodes) {
    const waits = node.inputs.filter((name) => name !== "" && !known.has(name));
    missing.set(node, waits.length);
    if (waits.length === 0) ready.push(node);
    for (const name of waits) {
      const list = readers.get(name) ?? [];
      list.push(node);
      readers.set(name, list);
    }
  }
  for (const { outputs } of ready) { // it grows
    for (const name of outputs) {
      for (const reader of readers.get(name) ?? []) {
        const left = missing.get(reader)! - 1;
        missing.set(reader, left);
        if (left === 0) ready.push(reader);
      }
      readers.delete(name);
    }
  }
  if (ready.length === nodes.length) return ready;
  const stuck = nodes.find((node) => missing.get(node)! > 0)!;
  const name = stuck.inputs.find((name) => readers.has(name));
  throw refusal(stuck, `nothing makes its input "${name}" before it`);
}
