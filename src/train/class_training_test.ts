import { assert, assertRejects } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { buildGraph, parametersOf } from "../graph/graph.ts";
import { relu } from "../graph/ops/activation.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import { packTensor } from "../kernels/pack.ts";
import type { Architecture } from "../models/architecture.ts";
import {
  type StateDict,
  type TensorData,
  toFloat32,
} from "../weights/tensor_data.ts";
import { compileTraining } from "./compile_training.ts";
import type { CompiledTraining } from "./training_step.ts";

const [batch, side] = [2, 12];
const shape = { batch, height: side, width: side };

/** A network of some channels. */
const network = (channels: number): Architecture => ({
  name: "small",
  forward(image) {
    const x = relu(
      conv2d(image, { name: "a", channels: 4, kernel: 3, padding: 1 }),
    );
    return conv2d(x, { name: "b", channels, kernel: 1 });
  },
});

function weightsOf({ forward }: Architecture): StateDict {
  const graph = buildGraph(
    { image: [1, 3, side, side] },
    ({ image }) => ({ logits: forward(image) }),
  );
  return new Map(
    parametersOf(graph).map(({ name, shape }) => {
      const { buffer } = randomValues(shape, name).map((x) => 0.6 * x);
      return [name, { shape, dtype: "f32", data: new Uint8Array(buffer) }];
    }),
  );
}

const image = randomValues([batch, 3, side, side], "image");
/** Which of two channels is brighter, and whether either is bright at all: three numbers. */
const target = Float32Array.from({ length: batch * side * side }, (_, i) => {
  const [n, pixel] = [Math.floor(i / side ** 2), i % side ** 2];
  const [red, green] = [0, 1].map((c) =>
    image[(n * 3 + c) * side ** 2 + pixel]
  );
  return Math.max(red, green) < 0 ? 0 : red > green ? 1 : 2;
});

function fill({ images, masks }: CompiledTraining): void {
  const packed = packTensor(image, [batch, 3, side, side], "f32");
  gpu.device.queue.writeBuffer(images.buffer, images.offset, packed);
  gpu.device.queue.writeBuffer(masks.buffer, masks.offset, target);
}

const kinds = [
  { activation: "sigmoid", channels: 2 },
  { activation: "softmax", channels: 3 },
] as const;

Deno.test("compileTraining() of several classes: gradients are the slopes of its loss", async () => {
  for (const { activation, channels } of kinds) {
    const net = network(channels);
    const weights = weightsOf(net);
    using step = await compileTraining(gpu, net, weights, {
      ...shape,
      ...{ activation, classes: 2 },
    });
    fill(step);
    await step.accumulate({ seed: 1 });
    const gradients = await step.gradients();
    const start = await step.state();
    const lossAt = async (key: string, at: number, by: number) => {
      const values = toFloat32(start.parameters.get(key)!).slice();
      values[at] += by;
      const { buffer } = values;
      const tensor: TensorData = {
        ...start.parameters.get(key)!,
        data: new Uint8Array(buffer),
      };
      const parameters = new Map([...start.parameters, [key, tensor]]);
      step.load({ ...start, parameters });
      return (await step.accumulate({ seed: 1 })).loss;
    };
    const [found, slopes]: number[][] = [[], []];
    for (const key of ["b.bias", "b.weight", "a.weight"]) {
      const own = toFloat32(gradients.get(key)!);
      for (const at of [0, own.length - 1]) {
        const h = 0.01;
        const slope = (await lossAt(key, at, h) - await lossAt(key, at, -h)) /
          (2 * h);
        found.push(own[at]);
        slopes.push(slope);
      }
    }
    assertClose(found, slopes, { tolerance: 1e-2, name: activation });
  }
});

Deno.test("compileTraining() of several classes learns which pixel is of which", async () => {
  for (const { activation, channels } of kinds) {
    const net = network(channels);
    const weights = weightsOf(net);
    using step = await compileTraining(gpu, net, weights, {
      ...shape,
      ...{ activation, classes: 2 },
    });
    fill(step);
    const losses: number[] = [];
    for (let i = 0; i < 40; i++) {
      losses.push((await step.accumulate({ seed: i })).loss);
      await step.update({ learningRate: 0.05, beta1: 0.9 });
    }
    assert(losses[39] < losses[0] / 2, `${activation}: ${losses}`);
  }
});

Deno.test("compileTraining() refuses a network whose channels are not those of its classes", async () => {
  const net = network(3);
  const weights = weightsOf(net);
  for (
    const [options, expected] of [
      [{ classes: 2 }, "2×2×12×12"],
      [{ classes: 3, activation: "softmax" }, "2×4×12×12"],
    ] as const
  ) {
    await assertRejects(
      () => compileTraining(gpu, net, weights, { ...shape, ...options }),
      RangeError,
      `its logits must be ${expected}, received 2×3×12×12`,
    );
  }
});
