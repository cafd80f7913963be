import { buildGraph, type Graph } from "../src/graph/graph.ts";
import { relu, sigmoid } from "../src/graph/ops/activation.ts";
import { batchNorm } from "../src/graph/ops/batch_norm.ts";
import { conv2d } from "../src/graph/ops/conv2d.ts";
import { globalMaxPool } from "../src/graph/ops/global_max_pool.ts";
import { maxPool2d } from "../src/graph/ops/max_pool2d.ts";
import { pixelShuffle } from "../src/graph/ops/pixel_shuffle.ts";
import { resizeBilinear } from "../src/graph/ops/resize_bilinear.ts";
import {
  normalizeWeight,
  type Shape,
  type Tensor,
} from "../src/graph/tensor.ts";
import { downsampleTile } from "../src/kernels/tile.ts";
import { decodeRle } from "../src/masks/rle/decode_rle.ts";
import { encodeRle } from "../src/masks/rle/rle_encoder.ts";
import { areaDownsample } from "../src/tiles/area_downsample.ts";
import { saturation8 } from "../src/tiles/keep_tissue.ts";
import { assertClose } from "./helpers/assert_close.ts";
import { crop } from "./helpers/crop.ts";
import { readGolden, readGoldenJson } from "./helpers/golden.ts";
import { runGraph } from "./helpers/run_graph.ts";
import { runProgram } from "./helpers/run_program.ts";
import { gpu } from "./helpers/shared_gpu.ts";
import { assert, assertEquals } from "@std/assert";

interface Case {
  readonly op: string;
  readonly name: string;
  readonly tensors: readonly string[];
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
  readonly kernel: number;
  readonly scale: number;
  readonly factor: number;
  readonly eps: number;
  readonly rle: string;
}

/**
 * Relative to the largest value. With f16 storage the input, the weight and the result are each rounded by at most 2^-11 of
 * themselves: 1.5e-3 for a product. In sums the roundings are independent, so the sum's share is no larger; the rest is room.
 * SwiftShader, in browsers, truncates: twice that.
 */
// Winograd's transforms in f16 storage round twice more than the sum itself.
const TOLERANCE = { f32: 1e-5, f16: "Deno" in globalThis ? 3e-3 : 5e-3 };

/** What needs gradients or batch statistics, and so is not of inference. */
const TRAINING = ["adam_one_cycle", "batch_norm/train", "bce_with_logits"];

const cases = readGoldenJson<Case[]>("ops");
const golden = readGolden("ops");

/** Each layer as a function of the case. */
const layers: Record<string, (x: Tensor, test: Case) => Tensor> = {
  conv2d(x, { op, name, tensors, ...options }) {
    const [channels, , kernel] = golden.shape(`${op}/${name}/weight`);
    const bias = tensors.includes("bias");
    return conv2d(x, { ...options, name: "layer", channels, kernel, bias });
  },
  max_pool2d: (x, options) => maxPool2d(x, options),
  global_max_pool: (x) => globalMaxPool(x),
  upsample_bilinear: (x, { scale }) => resizeBilinear(x, { scale }),
  pixel_shuffle: (x, { factor }) => pixelShuffle(x, { factor }),
  relu: (x) => relu(x),
  sigmoid: (x) => sigmoid(x),
  batch_norm: (x, { eps }) => batchNorm(x, { name: "layer", epsilon: eps }),
};

/** What is no layer. */
const functions: Record<string, (test: Case, path: string) => unknown> = {
  weight_norm(_, path) {
    const [v, g, weight] = ["v", "g", "weight"]
      .map((name) => golden.values(`${path}/${name}`));
    assertClose(normalizeWeight(v, g), weight, { tolerance: 1e-6 });
  },
  resize_area: checkResizeArea,
  hsv_saturation(_, path) {
    const image = golden.bytes(`${path}/image`);
    const saturation = golden.bytes(`${path}/saturation`);
    assertEquals(
      Uint8Array.from(saturation, (_, i) => saturation8(image, i * 3)),
      new Uint8Array(saturation),
    );
  },
  rle({ rle }, path) {
    const [height, width] = golden.shape(`${path}/mask`);
    const mask = golden.bytes(`${path}/mask`).map((value) => value && 1);
    assertEquals(encodeRle(mask, { width, height }), rle);
    assertEquals(decodeRle(rle, { width, height }), mask);
  },
};

for (const test of cases) {
  const path = `${test.op}/${test.name}`;
  if (TRAINING.includes(test.op) || TRAINING.includes(path)) continue;
  const layer = layers[test.op];
  if (layer) {
    for (const precision of ["f32", "f16"] as const) {
      Deno.test(`${path} equals PyTorch in ${precision}`, async () => {
        const graph = oneLayerGraph(path, (x) => layer(x, test));
        const { y } = await runGraph(gpu, graph, {
          inputs: { x: golden.values(`${path}/x`) },
          parameters: (name) =>
            golden.values(name.replace("layer.", `${path}/`)),
          precision,
        });
        const tolerance = TOLERANCE[precision];
        assertClose(y, golden.values(`${path}/y`), { tolerance });
      });
    }
  } else {
    Deno.test(`${path} equals the reference`, async () => {
      assert(test.op in functions, `no test for the operation ${test.op}`);
      await functions[test.op](test, path);
    });
  }
}

Deno.test("ops.json names no operation that these tests do not know, and the other way round", () => {
  const known = [...Object.keys(layers), ...Object.keys(functions)];
  const training = TRAINING.filter((name) => !name.includes("/"));
  assertEquals(
    [...new Set(cases.map(({ op }) => op))].toSorted(),
    [...known, ...training].toSorted(),
  );
});

function oneLayerGraph(
  path: string,
  layer: (x: Tensor) => Tensor,
): Graph<"x", "y"> {
  const shape = golden.shape(`${path}/x`);
  // Sigmoid's case is a vector.
  const x: Shape = shape.length === 4
    ? shape as unknown as Shape
    : [1, 1, 1, shape[0]];
  return buildGraph({ x }, ({ x }) => ({ y: layer(x) }));
}

async function checkResizeArea({ factor }: Case, path: string): Promise<void> {
  const image = golden.bytes(`${path}/image`);
  const [height, width] = golden.shape(`${path}/image`);
  const small = golden.bytes(`${path}/small`);
  assertEquals(
    areaDownsample(image, { width, height, factor }),
    new Uint8Array(small),
  );
  const side = Math.floor(Math.min(width, height) / factor); // the kernel takes squares
  const square = { x: 0, y: 0, fill: 0 };
  const pixels = crop(image, { width, height }, {
    ...square,
    width: side * factor,
    height: side * factor,
  });
  const output = await runProgram(
    gpu,
    downsampleTile.program({ side, factor }),
    {
      buffers: {
        bytes: pixels.buffer as ArrayBuffer,
        output: new ArrayBuffer(side * side * 4),
      },
    },
  );
  const downsampled = new Uint8Array(output).filter((_, i) => i % 4 < 3);
  const size = { width: width / factor, height: height / factor };
  assertEquals(
    downsampled,
    crop(small, size, { ...square, width: side, height: side }),
  );
}
