import { relu } from "../../src/graph/ops/activation.ts";
import { conv2d } from "../../src/graph/ops/conv2d.ts";
import { maxPool2d } from "../../src/graph/ops/max_pool2d.ts";
import { resizeBilinear } from "../../src/graph/ops/resize_bilinear.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Architecture } from "../../src/models/architecture.ts";

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
