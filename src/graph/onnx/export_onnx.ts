import { type Graph, nodesOf } from "../graph.ts";
import { type OnnxConstant, opOf } from "../op.ts";
import {
  evaluateParameter,
  type Parameter,
  type ParameterValues,
  type Tensor,
} from "../tensor.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import { OnnxModel } from "./onnx_model.ts";

/** Options for {@linkcode exportOnnx}. */
export interface ExportOnnxOptions {
  /** Type of inputs, outputs and weights. Default: `"f32"`. */
  readonly precision?: Precision;
}

/**
 * Exports a graph as an ONNX model: one operator per layer, with the graph's layout and names. Accepts graphs as built, or
 * with batch norms folded and ReLUs fused, but no other fused layers.
 *
 * @throws {TypeError} If other operations are fused into a layer.
 */
export function exportOnnx(
  graph: Graph,
  values: ParameterValues,
  { precision = "f32" }: ExportOnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const model = new OnnxModel();
  const names = new Map<Tensor, string>();
  const known = new Set<string>();
  const parameterOf = (parameter: Parameter): string => {
    const { name } = parameter;
    if (!known.has(name)) {
      known.add(name);
      const tensor = evaluateParameter(parameter, values);
      model.initializer(parameter, precision, floatBytes(tensor, precision));
    }
    return name;
  };
  const constantOf = (constant: OnnxConstant, name: string): string => {
    if (constant === "") return "";
    if (!("role" in constant)) return parameterOf(constant);
    const { role, values } = constant;
    const full = `${name}:${role}`;
    const tensor = { name: full, shape: [values.length] };
    if (values instanceof Float32Array) {
      model.initializer(tensor, "f32", floatBytes(values, "f32"));
    } else {
      const { buffer } = new BigInt64Array(values);
      model.initializer(tensor, "i64", new Uint8Array(buffer));
    }
    return full;
  };

  const outputs = new Map<Tensor, string>(
    Object.entries(graph.outputs).map(([name, node]) => [node, name]),
  );
  nodesOf(graph).forEach((node, i) => {
    const isInput = Object.values(graph.inputs).includes(node);
    const forms = opOf(node).onnx(node);
    let inputs = node.inputs.map((input) => names.get(input)!);
    if (forms.length === 0) {
      names.set(node, isInput ? node.name : inputs[0]);
      return;
    }
    // Names of layers need not be unique.
    const name = outputs.get(node) ?? `${i}:${node.name}`;
    names.set(node, name);
    forms.forEach(({ operator, constants = [], attributes }, step) => {
      const result = step === forms.length - 1 ? name : `${name}:${step}`;
      const others = constants.map((one) => constantOf(one, result));
      inputs = [...inputs, ...others];
      model.node(operator, result, { inputs, attributes });
      inputs = [result];
    });
  });
  const described = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.entries(tensors).map(([name, { shape }]) => ({ name, shape }));
  return model.encode({
    inputs: described(graph.inputs),
    outputs: described(graph.outputs),
    type: precision,
  });
}

/** Values as 32-bit or 16-bit floats; not a copy if they are that already. */
export function floatBytes(
  values: Float32Array,
  precision: Precision,
): Uint8Array<ArrayBuffer> {
  if (precision === "f32" && values.buffer instanceof ArrayBuffer) {
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
  const typed = precision === "f16"
    ? Float16Array.from(values)
    : Float32Array.from(values);
  return new Uint8Array(typed.buffer);
}
