import { parametersOf } from "../../src/graph/graph.ts";
import { exportOnnx } from "../../src/graph/onnx/export_onnx.ts";
import { relu } from "../../src/graph/ops/activation.ts";
import { conv2d } from "../../src/graph/ops/conv2d.ts";
import { maxPool2d } from "../../src/graph/ops/max_pool2d.ts";
import { resizeBilinear } from "../../src/graph/ops/resize_bilinear.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Architecture } from "../../src/models/architecture.ts";
import { architectureGraph } from "../../src/predict/read_network.ts";
import { randomValues } from "./random_values.ts";

/**
 * A network of finite receptive field. From the output back: the bilinear resize reads one of the small pixels further,
 * the convolution after the pool another; each is two pixels, and the pool's window one more. The dilated convolution adds
 * two pixels and the first one: 4 + 1 + 2 + 1 = 8.
 */
export const smallNetwork: Architecture = smallNetworkOf(1);

/** The same with as many outputs. */
export function smallNetworkOf(outputs: number): Architecture {
  return { name: "small", forward: (image) => forward(image, outputs) };
}

function forward(image: Tensor, outputs: number): Tensor {
  const edges = relu(
    conv2d(image, { name: "edges", channels: 4, kernel: 3, padding: 1 }),
  );
  const wide = relu(
    conv2d(edges, {
      name: "wide",
      channels: 6,
      kernel: 3,
      padding: 2,
      dilation: 2,
    }),
  );
  const pooled = maxPool2d(wide, { kernel: 2, stride: 2 });
  const deep = conv2d(pooled, {
    name: "deep",
    channels: 4,
    kernel: 3,
    padding: 1,
  });
  return conv2d(resizeBilinear(deep, { scale: 2 }), {
    name: "logits",
    channels: outputs,
    kernel: 1,
  });
}

/** Pixels each way that can change an output pixel of {@linkcode smallNetwork}. */
export const smallNetworkReach = 8;

/** The small network for pictures of `side` pixels as an ONNX file, with random weights. */
export function smallOnnx(
  side: number,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const graph = architectureGraph(smallNetwork, side);
  const shapes = new Map(
    parametersOf(graph).map(({ name, shape }) => [name, shape]),
  );
  const valueOf = (name: string) => randomValues(shapes.get(name)!, name);
  return exportOnnx(graph, valueOf, { metadata });
}
