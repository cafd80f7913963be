import { assertEquals } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runGraph } from "../../tests/helpers/run_graph.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { conv2d as reference } from "../../tests/reference/conv2d.ts";
import { cropTaps } from "./conv2d_layout.ts";
import { geometryOf } from "./convolution.ts";
import { type ConvolutionNode, convolutionOf } from "./fused/fused_conv2d.ts";
import { buildGraph } from "./graph.ts";
import { conv2d } from "./ops/conv2d.ts";

/** Kernel, dilation and stride on a map of 6×10 pixels, and the cropped kernel and padding. */
const cases = [
  { kernel: 3, dilation: 9, stride: 1, left: [3, 9] },
  { kernel: 3, dilation: 10, stride: 1, left: [1, 0] },
  { kernel: 3, dilation: 9, stride: 2, left: [3, 9] },
  { kernel: 3, dilation: 11, stride: 2, left: [1, 0] },
  { kernel: 5, dilation: 4, stride: 1, left: [5, 8] },
  { kernel: 5, dilation: 5, stride: 1, left: [3, 5] },
  { kernel: 5, dilation: 10, stride: 1, left: [1, 0] },
];
const shape = [2, 16, 6, 10] as const;

for (const { kernel, dilation, stride, left } of cases) {
  const what = `kernel ${kernel}, dilation ${dilation}, stride ${stride}`;
  const graph = buildGraph(
    { x: shape },
    ({ x }) => ({
      y: conv2d(x, {
        name: "conv",
        channels: 24,
        groups: 2,
        kernel,
        dilation,
        stride,
        padding: dilation * (kernel - 1) / 2,
      }),
    }),
  );
  const { y } = graph.outputs;
  const geometry = geometryOf(convolutionOf(y as ConvolutionNode));

  Deno.test(`cropTaps() removes taps that read only padding: ${what}`, () => {
    const cropped = cropTaps(geometry);
    assertEquals([cropped.kernel[0], cropped.padding], left);
  });

  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`a convolution on a small map matches the CPU reference in ${precision}: ${what}`, async () => {
      const input = randomValues(shape, "x", { precision });
      const weightShape = [24, 8, kernel, kernel] as const;
      const weight = randomValues(weightShape, "weight", { precision });
      const bias = randomValues([24], "bias");
      const result = await runGraph(gpu, graph, {
        inputs: { x: input },
        parameters: (name) => name === "conv.weight" ? weight : bias,
        precision,
      });
      const expected = reference({
        ...geometry,
        input,
        shape,
        weight,
        weightShape,
        bias,
      });
      const tolerance = precision === "f32" ? 4e-6 : 2e-3;
      assertClose(result.y, expected, { tolerance });
    });
  }
}
