import { type Graph, nodesOf } from "../src/graph/graph.ts";
import {
  evaluateParameter,
  type Parameter,
  type ParameterValues,
} from "../src/graph/parameter.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import type { Precision } from "../src/kernels/specialize.ts";
import { OnnxModel } from "./onnx_model.ts";

/** How {@linkcode exportOnnx} exports. */
export interface ExportOnnxOptions {
  /** Type of inputs, outputs and weights. Default: f32. */
  readonly precision?: Precision;
}

/**
 * A graph as an ONNX model, for other engines to run: one operator a layer, in the graph's layout and with its names.
 * Takes graphs as they are built, or with batch norms folded and ReLUs fused; not those whose layers were fused further.
 *
 * @throws {TypeError} where a layer holds what a rewrite fused into it.
 */
export function exportOnnx(
  graph: Graph,
  values: ParameterValues,
  { precision = "f32" }: ExportOnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const model = new OnnxModel();
  const names = new Map<Tensor, string>();
  const known = new Set<string>();
  const constant = (parameter: Parameter): string => {
    const { name } = parameter;
    if (!known.has(name)) {
      known.add(name);
      const tensor = evaluateParameter(parameter, values);
      model.initializer(parameter, precision, floatBytes(tensor, precision));
    }
    return name;
  };
  const int64 = (name: string, numbers: readonly number[]): string => {
    const bytes = new BigInt64Array(numbers.map(BigInt)).buffer;
    const shape = [numbers.length];
    model.initializer({ name, shape }, "i64", new Uint8Array(bytes));
    return name;
  };

  const emit = (node: Tensor, name: string): void => {
    const inputs = node.inputs.map((input) => names.get(input)!);
    const [height, width] = node.shape.slice(2);
    switch (node.op) {
      case "input":
        return;
      case "conv2d": {
        const { weight, bias, scale } = node.parameters;
        if (
          node.residual || scale || node.shuffle || node.inputs.length > 1
        ) {
          throw new TypeError(
            `Cannot export "${node.name}" to ONNX as layers must be plain: received a fused conv2d`,
          );
        }
        const constants = [weight, ...bias ? [bias] : []].map(constant);
        const both = (n: number) => [n, n];
        return model.node("Conv", name, {
          inputs: [...inputs, ...constants],
          attributes: {
            kernel_shape: both(node.kernel),
            strides: both(node.stride),
            dilations: both(node.dilation),
            pads: [...both(node.padding), ...both(node.padding)],
            group: node.groups,
          },
        });
      }
      case "batch_norm": {
        const { weight, bias, mean, variance } = node.parameters;
        return model.node("BatchNormalization", name, {
          inputs: [
            ...inputs,
            ...[weight, bias, mean, variance].map(constant),
          ],
          attributes: { epsilon: { float: node.epsilon } },
        });
      }
      case "relu":
        return model.node("Relu", name, { inputs });
      case "sigmoid":
        return model.node("Sigmoid", name, { inputs });
      case "add":
        return model.node("Add", name, { inputs });
      case "concat":
        return model.node("Concat", name, { inputs, attributes: { axis: 1 } });
      case "max_pool2d":
        return model.node("MaxPool", name, {
          inputs,
          attributes: {
            kernel_shape: [node.kernel, node.kernel],
            strides: [node.stride, node.stride],
            pads: new Array(4).fill(node.padding),
          },
        });
      case "global_max_pool":
        return model.node("GlobalMaxPool", name, { inputs });
      case "pixel_shuffle":
        return model.node("DepthToSpace", name, {
          inputs,
          attributes: { blocksize: node.factor, mode: "CRD" },
        });
      case "resize_bilinear": {
        const [input] = node.inputs;
        if (input.shape[2] === 1 && input.shape[3] === 1) {
          const shape = int64(`${name}:shape`, node.shape);
          return model.node("Expand", name, { inputs: [...inputs, shape] });
        }
        const factors = [1, 1, height / input.shape[2], width / input.shape[3]];
        const scales = `${name}:scales`;
        model.initializer(
          { name: scales, shape: [4] },
          "f32",
          floatBytes(Float32Array.from(factors), "f32"),
        );
        return model.node("Resize", name, {
          inputs: [...inputs, "", scales],
          attributes: {
            mode: "linear",
            coordinate_transformation_mode: "half_pixel",
          },
        });
      }
      case "dropout2d":
        throw new TypeError("unreachable: dropout was skipped");
    }
  };

  const outputs = new Map<Tensor, string>(
    Object.entries(graph.outputs).map(([name, node]) => [node, name]),
  );
  nodesOf(graph).forEach((node, i) => {
    if (node.op === "dropout2d") {
      names.set(node, names.get(node.inputs[0])!);
      return;
    }
    // Layers' own names need not differ.
    const name = node.op === "input"
      ? node.name
      : outputs.get(node) ?? `${i}:${node.name}`;
    names.set(node, name);
    if ("relu" in node && node.relu) {
      emit(node, `${name}:linear`);
      model.node("Relu", name, { inputs: [`${name}:linear`] });
    } else {
      emit(node, name);
    }
  });
  const described = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.entries(tensors).map(([name, { shape }]) => ({ name, shape }));
  return model.encode({
    inputs: described(graph.inputs),
    outputs: described(graph.outputs),
    type: precision,
  });
}

/** Values as 32-bit or 16-bit floats. */
export function floatBytes(
  values: Float32Array,
  precision: Precision,
): Uint8Array<ArrayBuffer> {
  const typed = precision === "f16"
    ? Float16Array.from(values)
    : Float32Array.from(values);
  return new Uint8Array(typed.buffer);
}
