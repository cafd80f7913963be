import { assertClose } from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { conv2dGradients } from "../../../tests/reference/conv2d_gradients.ts";
import type { BufferRange } from "../../gpu/gpu.ts";
import type { Conv2dGeometry } from "../../kernels/backward/data_gradient.ts";
import {
  packConvWeight,
  packTensor,
  unpackConvWeight,
  unpackTensor,
} from "../../kernels/pack.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import { recordSteps } from "../step/compile_optimizer.ts";
import { compileTape, Tape } from "../step/tape.ts";
import {
  recordWinogradInput,
  recordWinogradWeight,
  takesWinograd,
} from "./conv2d_winograd.ts";
import { assert, assertEquals } from "@std/assert";

/**
 * Relative to the largest value. The transforms and their way back multiply roundings by some ten; with f16 storage, what lies
 * between them is rounded, too.
 */
const TOLERANCE = { f32: 2e-5, f16: 1e-2 } as const;

const cases: Record<string, Partial<Conv2dGeometry>> = {
  "one tile": { inputSize: [4, 4] },
  "ragged": {
    batch: 3,
    inputSize: [7, 10],
    inputChannels: 9,
    outputChannels: 34,
  },
  "no padding": { inputSize: [9, 6], padding: 0, outputChannels: 32 },
  "padding 2": { inputSize: [5, 6], padding: 2 },
};

for (const [name, test] of Object.entries(cases)) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`recordWinogradInput() and recordWinogradWeight() match the CPU reference: ${name}, ${precision}`, () =>
      check(test, precision));
  }
}

Deno.test("takesWinograd() wants many tiles and channels, and 3×3 of stride 1", () => {
  const large = geometryOf({
    inputSize: [64, 64],
    inputChannels: 96,
    outputChannels: 32,
  });
  assert(takesWinograd(large));
  for (
    const other of [
      { outputSize: [8, 8] },
      { stride: 2 },
      { dilation: 2 },
      {
        kernel: [1, 1],
      },
      { groups: 2 },
      { inputChannels: 32 },
      { padding: 3 },
    ] as const
  ) assertEquals(takesWinograd({ ...large, ...other }), false);
});

function geometryOf(test: Partial<Conv2dGeometry>): Conv2dGeometry {
  const { inputSize = [8, 8], padding = 1 } = test;
  const [height, width] = inputSize.map((length) => length + 2 * padding - 2);
  return {
    batch: 2,
    inputChannels: 8,
    outputChannels: 12,
    groups: 1,
    inputSize,
    outputSize: [height, width],
    kernel: [3, 3],
    stride: 1,
    padding,
    dilation: 1,
    ...test,
  };
}

async function check(
  test: Partial<Conv2dGeometry>,
  precision: Precision,
): Promise<void> {
  const geometry = geometryOf(test);
  const { batch, inputChannels, outputChannels, kernel } = geometry;
  const shape = [batch, inputChannels, ...geometry.inputSize] as const;
  const outputShape = [batch, outputChannels, ...geometry.outputSize] as const;
  const weightShape = [outputChannels, inputChannels, 3, 3] as const;
  const random = (shape: readonly number[], key: string) =>
    randomValues(shape, key, { precision });
  const input = random(shape, "input");
  const weight = random(weightShape, "weight");
  const gradOutput = random(outputShape, "gradient");
  const residual = random(shape, "residual");

  const buffers: GPUBuffer[] = [];
  const external = (bytes: ArrayBuffer): BufferRange => {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = gpu.buffer("operand", bytes.byteLength, usage);
    buffers.push(buffer);
    gpu.device.queue.writeBuffer(buffer, 0, bytes);
    return { buffer, offset: 0, size: bytes.byteLength };
  };
  const packing = { outputs: outputChannels, inputs: inputChannels, kernel };
  const tensor = (values: Float32Array) =>
    external(packTensor(values, shape, precision));
  const tape = new Tape();
  const output = tensor(new Float32Array(input.length));
  const gradWeight = external(
    packConvWeight(new Float32Array(weight.length), packing, "f32"),
  );
  const layer = {
    tape,
    target: { precision, subgroupSize: gpu.subgroupSize },
    name: "layer",
    geometry,
    gradient: external(packTensor(gradOutput, outputShape, precision)),
  };
  const operand = tensor(input);
  recordWinogradInput(layer, {
    weight: external(packConvWeight(weight, packing, precision)),
    residual: tensor(residual),
    mask: operand,
    output,
  });
  recordWinogradWeight(layer, { input: operand, output: gradWeight });
  using compiled = await compileTape(gpu, tape);
  const encoder = gpu.encoder("winograd");
  recordSteps(encoder, compiled.steps);
  gpu.submit(encoder);
  const [data, products] = await Promise.all([
    gpu.read(output),
    gpu.read(gradWeight),
  ]);
  buffers.forEach((buffer) => gpu.free(buffer));

  const expected = conv2dGradients({
    ...geometry,
    input,
    shape,
    weight,
    weightShape,
    gradOutput,
  });
  const tolerance = TOLERANCE[precision];
  assertClose(
    unpackTensor(data, shape, precision),
    expected.gradInput.map((value, i) =>
      input[i] > 0 ? value + residual[i] : 0
    ),
    { tolerance, name: "gradient by the input" },
  );
  const unpacked = unpackConvWeight(new Float32Array(products), packing);
  assertClose(unpacked, expected.gradWeight, {
    tolerance,
    name: "gradient by the weight",
  });
}
