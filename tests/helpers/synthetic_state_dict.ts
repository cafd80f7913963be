import { parametersOf } from "../../src/graph/graph.ts";
import type { Architecture } from "../../src/models/architecture.ts";
import { anyGraph } from "../../src/predict/read_network.ts";
import type { StateDict, TensorData } from "../../src/weights/tensor_data.ts";
import { syntheticTensor } from "./synthetic_weights.ts";

/** A state dict for an architecture by the goldens' rule; `bias` replaces the final convolution's, one number a channel. */
export function syntheticStateDict(
  architecture: Architecture,
  { seed = "", bias }: {
    readonly seed?: string;
    readonly bias?: number | readonly number[];
  } = {},
): StateDict {
  const tensors = new Map<string, TensorData>();
  for (
    const { name, shape } of parametersOf(anyGraph(architecture))
  ) {
    const values = name === "final_conv.0.bias" && bias !== undefined
      ? Float32Array.from(typeof bias === "number" ? [bias] : bias)
      : syntheticTensor(name, shape, { seed });
    const data = new Uint8Array(values.buffer);
    tensors.set(name, { shape, dtype: "f32", data });
  }
  return tensors;
}
