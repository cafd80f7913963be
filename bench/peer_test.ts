// Loading the peers takes a download of some 50 MB, so these tests run only when asked for:
// deno test --unstable-raw-imports --allow-read=tests bench -- --peer
import { Gpu } from "../src/gpu/gpu.ts";
import { buildGraph, parametersOf } from "../src/graph/graph.ts";
import { relu } from "../src/graph/ops/activation.ts";
import { add } from "../src/graph/ops/add.ts";
import { batchNorm } from "../src/graph/ops/batch_norm.ts";
import { concat } from "../src/graph/ops/concat.ts";
import { conv2d, type Conv2dOptions } from "../src/graph/ops/conv2d.ts";
import { maxPool2d } from "../src/graph/ops/max_pool2d.ts";
import { pixelShuffle } from "../src/graph/ops/pixel_shuffle.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { packTensor } from "../src/kernels/pack.ts";
import { type Architecture, unext50 } from "../src/models/architecture.ts";
import { compileTraining } from "../src/train/compile_training.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import {
  deviation,
  maxDifference,
  readGolden,
} from "../tests/helpers/golden.ts";
import { syntheticStateDict } from "../tests/helpers/synthetic_state_dict.ts";
import {
  syntheticTensor,
  uniform,
} from "../tests/helpers/synthetic_weights.ts";
import { main } from "./main.ts";
import { onnxruntimeWebEngine } from "./onnxruntime_web_engine.ts";
import type { BenchReport } from "./report.ts";
import { tfjsEngine } from "./tfjs_engine.ts";
import { assert, assertEquals } from "@std/assert";

const asked = Deno.args.includes("--peer") &&
  await navigator.gpu?.requestAdapter();

const options = {
  ignore: !asked,
  // The peers keep their devices for good.
  sanitizeOps: false,
  sanitizeResources: false,
};

for (const load of [onnxruntimeWebEngine, tfjsEngine]) {
  Deno.test(`${load.name}() runs UNeXt50 as PyTorch does (--peer)`, {
    ...options,
  }, async () => {
    const adapters: string[] = [];
    const engine = await load({
      onAdapter: ({ description }) => adapters.push(description),
    });
    const graph = buildGraph({ image: [1, 3, 160, 224] }, ({ image }) => ({
      logits: unext50.forward(image),
    }));
    const shapes = new Map(parametersOf(graph).map((p) => [p.name, p.shape]));
    const golden = readGolden("unext50_160x224");
    await using prepared = await engine.prepare({
      graph,
      values: (name) => syntheticTensor(name, shapes.get(name)!),
      inputs: { image: golden.values("input") },
    }, { precision: "f32", timedRuns: 1 });
    await prepared.submit();
    const logits = golden.values("logits");
    const difference = maxDifference(await prepared.result(), logits);
    assert(difference / deviation(logits) < 2e-4, `received ${difference}`);
    const [ms] = await prepared.kernelTimes(); // of kernels on the GPU
    assert(ms > 0);
    assert(adapters.length > 0);
  });
}

Deno.test("tfjsEngine() trains as the library does (--peer)", {
  ...options,
}, async () => {
  const small: Architecture = {
    name: "small",
    forward(image) {
      const conv = (x: Tensor, options: Partial<Conv2dOptions>) =>
        conv2d(x, { name: "", channels: 8, kernel: 3, padding: 1, ...options });
      const a = relu(
        batchNorm(conv(image, { name: "a", stride: 2, bias: false }), {
          name: "norm",
        }),
      );
      const b = maxPool2d(a, { kernel: 3, stride: 2, padding: 1 });
      const c = relu(
        conv(b, { name: "c", groups: 2, dilation: 2, padding: 2 }),
      );
      const wide = conv(c, { name: "wide", channels: 32, weightNorm: true });
      const d = concat([pixelShuffle(relu(wide), { factor: 2 }), a], {
        name: "d",
      });
      const e = conv(add(conv(d, { name: "e" }), a), {
        name: "f",
        channels: 4,
      });
      return pixelShuffle(e, { factor: 2 });
    },
  };
  const [batch, size] = [2, 16];
  const shape = [batch, 3, size, size] as const;
  const weights = syntheticStateDict(small);
  const optimizer = { learningRate: 0.02, beta1: 0.9, maxNorm: 1 };
  const image = Float32Array.from(uniform("image", batch * 3 * size * size));
  const mask = Float32Array.from(uniform("mask", batch * size * size));

  using gpu = await Gpu.request();
  using step = await compileTraining(gpu, small, weights, {
    batch,
    height: size,
    width: size,
  });
  const { queue } = gpu.device;
  const { images, masks } = step;
  const packed = packTensor(image, shape, "f32");
  queue.writeBuffer(images.buffer, images.offset, packed);
  queue.writeBuffer(masks.buffer, masks.offset, mask);
  const engine = await tfjsEngine({ onAdapter: () => {} });
  const graph = buildGraph({ image: shape }, ({ image }) => ({
    logits: small.forward(image),
  }));
  await using training = await engine.prepareTraining!({
    graph,
    values: (name) => toFloat32(weights.get(name)!),
    image,
    mask,
    optimizer,
  });
  training.submit();
  const losses: number[] = [];
  // Six steps went by while it chose how to compute groups.
  for (let i = 0; i < 7; i++) {
    losses.push((await step.accumulate({ seed: i })).loss);
    await step.update(optimizer);
  }
  const own = losses[6];
  const fallen = losses[0] - own;
  const difference = Math.abs(await training.loss() - own);
  assert(difference < 1e-3 * fallen, `received ${difference} of ${fallen}`);
});

Deno.test("main() sets peers' times beside its own (--peer)", {
  ...options,
}, async () => {
  const printed: string[] = [];
  const args = ["--short", "--json", "--suite", "layer", "--name", "fpn"];
  await main(args, {
    print: (text) => printed.push(text),
    note: (text) => {
      throw new Error(text);
    },
  });
  const { rows }: BenchReport = JSON.parse(printed.join("\n"));
  assertEquals(rows.length, 2);
  for (const { peer, peerMs, ms, ratio, peers } of rows) {
    assertEquals(
      peers!.map(({ name }) => name).sort(),
      ["onnxruntime-web", "tfjs"],
    );
    assertEquals(peer, peers![0].name);
    assertEquals(peerMs, Math.min(...peers!.map((each) => each.ms)));
    assertEquals(ratio, peerMs! / ms);
  }
});
