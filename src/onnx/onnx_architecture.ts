import { cannot } from "../errors/cannot.ts";
import { buildGraph, parametersOf } from "../graph/graph.ts";
import { channelSoftmaxOp } from "../graph/ops/mean.ts";
import { pointwiseOp } from "../graph/ops/pointwise.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Architecture } from "../models/architecture.ts";
import type { StateDict, TensorData } from "../weights/tensor_data.ts";
import { importOnnx } from "./import_onnx.ts";
import { type OnnxModel, type OnnxPort, readOnnx } from "./read_onnx.ts";

/** A network of an ONNX file: how it computes, and its weights. */
export interface OnnxNetwork {
  readonly architecture: Architecture;
  readonly stateDict: StateDict;
  /** What the file says of itself, by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** ONNX's numbers of the types of 32, 16 and 64-bit floats. */
const FLOATS = [1, 10, 11];

/** Sides to try for a network that takes any: its strides are among their divisors. */
const SIDES = [64, 128, 256, 512, 96, 160, 224, 384];

/**
 * Reads a segmentation network from an ONNX file: RGB N×3×H×W in, N×C×H×W out, logits, or the sigmoid or softmax of them.
 *
 * @param options.name The file's name, for messages.
 * @throws {SyntaxError} If it is damaged.
 * @throws {TypeError} If it is not such a network, or has operators that are not supported; the message names them.
 */
export function onnxNetwork(
  bytes: Uint8Array<ArrayBuffer>,
  { name }: { readonly name: string },
): OnnxNetwork {
  const model = readOnnx(bytes);
  const port = pictureOf(model);
  const side = port.dims[2];
  let error: unknown;
  for (const each of side === undefined ? SIDES : [side]) {
    try {
      const { stateDict, activation } = weightsAt(model, port, each);
      return {
        architecture: {
          name,
          side,
          activation,
          forward: (image) => forward(model, port, image).logits,
        },
        stateDict,
        metadata: Object.fromEntries(model.metadata),
      };
    } catch (cause) {
      error = cause;
    }
  }
  throw error;
}

/** The weights, and what the network ends in, which are the same at all sizes. */
function weightsAt(
  model: OnnxModel,
  port: OnnxPort,
  side: number,
): {
  readonly stateDict: StateDict;
  readonly activation: Architecture["activation"];
} {
  let activation: Architecture["activation"];
  const weights = new Map<string, TensorData>();
  const graph = buildGraph(
    { image: [port.dims[0] ?? 1, 3, side, side] },
    ({ image }) => {
      const { outputs, parameters } = importOnnx(model, { [port.name]: image });
      for (const [key, valuesOf] of parameters) {
        const values = valuesOf();
        const data = new Uint8Array(
          values.buffer,
          values.byteOffset,
          values.byteLength,
        );
        weights.set(key, { dtype: "f32", shape: [values.length], data });
      }
      activation = logitsOf(outputs[model.outputs[0].name]).activation;
      return outputs;
    },
  );
  const stateDict = new Map(
    parametersOf(graph).map(({ name, shape }) =>
      [name, { ...weights.get(name)!, shape }] as const
    ),
  );
  return { stateDict, activation };
}

/** The one input, which must be a color picture, and square where the file fixes its size. */
function pictureOf({ inputs, outputs }: OnnxModel): OnnxPort {
  const refuse = (reason: string) =>
    cannot("use an ONNX file", reason, { kind: TypeError });
  const [port] = inputs;
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw refuse(
      `a segmentation network has one input and one output, but it has ${inputs.length} and ${outputs.length}`,
    );
  }
  const dims = port.dims.map((size) => size ?? "any").join("×");
  if (!FLOATS.includes(port.type)) {
    throw refuse(
      `its input "${port.name}" is not of floats: a network takes normalized pictures; export it without what converts 8-bit ones`,
    );
  }
  const [, channels, height, width] = port.dims;
  if (
    port.dims.length !== 4 || (channels !== undefined && channels !== 3) ||
    height !== width
  ) {
    throw refuse(
      `its input "${port.name}" must be N×3×H×W, square where it is fixed, but is ${
        dims || "of no known sizes"
      }`,
    );
  }
  return port;
}

/** The network's logits for an image, and what made probabilities of them, if it did. */
function forward(
  model: OnnxModel,
  port: OnnxPort,
  image: Tensor,
): ReturnType<typeof logitsOf> {
  const side = port.dims[2];
  const [batch, , height, width] = image.shape;
  const fits = side === undefined || (height === side && width === side);
  const fixed = port.dims[0];
  if (!fits || (fixed !== undefined && fixed !== batch)) {
    throw cannot(
      "use an ONNX file",
      `it takes pictures of ${side ?? "any"} pixels a side, ${
        fixed ?? "any number"
      } at a time`,
      { received: `${batch} of ${height}×${width}`, kind: RangeError },
    );
  }
  const { outputs } = importOnnx(model, { [port.name]: image });
  return logitsOf(outputs[model.outputs[0].name]);
}

/** Probabilities are made of logits once, before they are averaged; a network that has made them is read up to there. */
function logitsOf(
  output: Tensor,
): {
  readonly logits: Tensor;
  readonly activation: Architecture["activation"];
} {
  const isSoftmax: boolean = channelSoftmaxOp.is(output);
  const isSigmoid = pointwiseOp.is(output) &&
    typeof output.formula === "object" && "name" in output.formula &&
    output.formula.name === "sigmoid";
  if (!isSoftmax && !isSigmoid) {
    return { logits: output, activation: undefined };
  }
  const [logits] = output.inputs;
  return { logits, activation: isSoftmax ? "softmax" : "sigmoid" };
}
