import { type Graph, nodesOf } from "../graph.ts";
import {
  type OnnxConstant,
  type OnnxForm,
  type OnnxOperand,
  opOf,
} from "../op.ts";
import {
  evaluateParameter,
  type Parameter,
  type ParameterValues,
  type Shape,
  type Tensor,
} from "../tensor.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { FreeSizes } from "./free_sizes.ts";
import { OnnxModel, type OnnxPort } from "./onnx_model.ts";

/** Options for {@linkcode exportOnnx}. */
export interface ExportOnnxOptions {
  /** Type of inputs, outputs and weights. Default: `"f32"`. */
  readonly precision?: Precision;
  /** The sizes that are not fixed. Default: all are. */
  readonly free?: FreeSizes;
  /** What the file says of itself, by name. Default: nothing. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const FIXED: FreeSizes = { batch: false, size: false, like: new Map() };

/**
 * Exports a graph as an ONNX model: one operator per layer, with the graph's layout and names. Accepts graphs as built, or
 * with batch norms folded and ReLUs fused, but no other fused layers.
 *
 * @throws {TypeError} If other operations are fused into a layer.
 */
export function exportOnnx(
  graph: Graph,
  values: ParameterValues,
  { precision = "f32", free = FIXED, metadata }: ExportOnnxOptions = {},
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
    const inputs = node.inputs.map((input) => names.get(input)!);
    if (forms.length === 0) {
      names.set(node, isInput ? node.name : inputs[0]);
      return;
    }
    // Names of layers need not be unique.
    const name = outputs.get(node) ?? `${i}:${node.name}`;
    names.set(node, name);
    const results = forms.map((_, step) =>
      step === forms.length - 1 ? name : `${name}:${step}`
    );
    const like = free.like.get(node);
    forms.forEach((form, step) => {
      const { operator, attributes } = form;
      const result = results[step];
      const read = operandsOf(form, step, inputs.length).map((operand) => {
        if (operand === "") return "";
        if ("input" in operand) return inputs[operand.input];
        if ("step" in operand) return results[operand.step];
        return like && "role" in operand
          ? sizeOf(names.get(like)!, result)
          : constantOf(operand, result);
      });
      model.node(operator, result, { inputs: read, attributes });
    });
  });
  /** The size of a tensor, for what is as large as it, with one for batch and channels. */
  function sizeOf(tensor: string, name: string): string {
    const ones = constantOf({ role: "ones", values: [1n, 1n] }, name);
    const [size, shape] = [`${name}:size`, `${name}:shape`];
    const attributes = { start: 2 };
    model.node("Shape", size, { inputs: [tensor], attributes });
    model.node("Concat", shape, {
      inputs: [ones, size],
      attributes: { axis: 0 },
    });
    return shape;
  }
  const described = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.entries(tensors).map(([name, { shape }]): OnnxPort => ({
      name,
      shape: shape.map((size, axis) =>
        (axis === 0 && free.batch) || (axis > 1 && free.size)
          ? nameOfSize(axis, size, Object.values(graph.inputs)[0].shape)
          : size
      ),
    }));
  return model.encode({
    inputs: described(graph.inputs),
    outputs: described(graph.outputs),
    type: precision,
    metadata,
  });
}

/** A free size's name; it is another if it is not the input's. */
function nameOfSize(axis: number, size: number, input: Shape): string {
  const name = ["batch", "channels", "height", "width"][axis];
  return size === input[axis] ? name : `output_${name}`;
}

/** All that an operator reads. */
function operandsOf(
  { operands, constants = [] }: OnnxForm,
  step: number,
  inputs: number,
): readonly OnnxOperand[] {
  if (operands) return operands;
  const before = step > 0
    ? [{ step: step - 1 }]
    : Array.from({ length: inputs }, (_, input) => ({ input }));
  return [...before, ...constants];
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
