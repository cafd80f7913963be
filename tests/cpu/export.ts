// Tests of exported networks under onnxruntime, run by tests/cpu_test.ts with the permissions that it needs.
import { assert } from "@std/assert";
import {
  disableTelemetry,
  importOnnxruntime,
  SESSION_OPTIONS,
} from "../../src/cpu/onnxruntime.ts";
import { buildGraph } from "../../src/graph/graph.ts";
import { exportOnnx } from "../../src/graph/onnx/export_onnx.ts";
import type { Shape } from "../../src/graph/tensor.ts";
import { unext50 } from "../../src/models/architecture.ts";
import { importOnnx } from "../../src/onnx/import_onnx.ts";
import { readOnnx } from "../../src/onnx/read_onnx.ts";
import { forOnnxruntime } from "../../src/predict/cpu_backend.ts";
import { exportNetwork } from "../../src/predict/export_network.ts";
import { readSafetensors } from "../../src/weights/read_safetensors.ts";
import { toFloat32 } from "../../src/weights/tensor_data.ts";
import { writeSafetensors } from "../../src/weights/write_safetensors.ts";
import { deviation, maxDifference, readGolden } from "../helpers/golden.ts";
import { syntheticStateDict } from "../helpers/synthetic_state_dict.ts";

disableTelemetry();
const ort = await importOnnxruntime();
const folder = new URL("../golden/onnx/", import.meta.url);

/** Runs a file's network once. */
async function run(
  bytes: Uint8Array,
  { input, output, image, shape, size }: {
    readonly input: string;
    readonly output: string;
    readonly image: Float32Array;
    readonly shape: readonly number[];
    readonly size: readonly number[];
  },
): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, SESSION_OPTIONS);
  const data = new Float32Array(size.reduce((a, b) => a * b));
  await session.run(
    { [input]: new ort.Tensor("float32", image, shape) },
    { [output]: new ort.Tensor("float32", data, size) },
  );
  await session.release();
  return data;
}

const file = new Blob([
  writeSafetensors(syntheticStateDict(unext50)).slice(),
]);

Deno.test("exportNetwork() writes one file for pictures of any number and size, with PyTorch's results", async () => {
  const { bytes } = await exportNetwork(file);
  for (
    const [name, batch, twice] of [
      ["unext50_256x256", 1, false],
      ["unext50_160x224", 1, false],
      ["unext50_160x224", 2, true],
    ] as const
  ) {
    const golden = readGolden(name);
    const one = golden.values("input");
    const wanted = golden.values("logits");
    const [, channels, height, width] = golden.shape("input");
    const image = twice ? Float32Array.from([...one, ...one]) : one;
    const found = await run(bytes, {
      input: "image",
      output: "logits",
      image,
      shape: [batch, channels, height, width],
      size: [batch, 1, height, width],
    });
    const expected = twice ? Float32Array.from([...wanted, ...wanted]) : wanted;
    const error = maxDifference(found, expected) / deviation(expected);
    assert(error <= 2e-4, `${name}: ${error} of the deviation`);
  }
});

const cases: Readonly<Record<string, { readonly outputs: readonly string[] }>> =
  JSON.parse(Deno.readTextFileSync(new URL("cases.json", folder)));

Deno.test("a network of an ONNX file runs under onnxruntime as PyTorch ran it, rewritten for it", async () => {
  let count = 0;
  for (const name of Object.keys(cases)) {
    const model = readOnnx(Deno.readFileSync(new URL(`${name}.onnx`, folder)));
    if (model.outputs.length > 1) continue;
    count++;
    const golden = readSafetensors(
      Deno.readFileSync(new URL(`${name}.safetensors`, folder)),
    );
    const [{ name: input }] = model.inputs;
    const [{ name: output }] = model.outputs;
    const { shape } = golden.get("input")!;
    const wanted = golden.get("output")!;
    const values = new Map<string, () => Float32Array>();
    const graph = buildGraph(
      { [input]: shape as unknown as Shape },
      (inputs) => {
        const { outputs, parameters } = importOnnx(model, inputs);
        for (const [key, one] of parameters) values.set(key, one);
        return outputs;
      },
    );
    const bytes = exportOnnx(
      forOnnxruntime(graph),
      (key) => values.get(key)!(),
    );
    const found = await run(bytes, {
      ...{ input, output, shape, size: wanted.shape },
      image: toFloat32(golden.get("input")!),
    });
    const expected = toFloat32(wanted);
    const error = maxDifference(found, expected) / deviation(expected);
    assert(error <= 2e-4, `${name}: ${error} of the deviation`);
  }
  assert(count >= 20);
});
