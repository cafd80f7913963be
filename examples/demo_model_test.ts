import { assert, assertEquals } from "@std/assert";
import { recognizeArchitecture } from "../src/models/recognize_architecture.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import type { TensorData } from "../src/weights/tensor_data.ts";
import { shrinkWeights } from "./demo_model_train.ts";

Deno.test("demo_model.safetensors is the tiny UNeXt that demo_model.md describes", async () => {
  const bytes = await Deno.readFile(
    new URL("./demo_model.safetensors", import.meta.url),
  );
  assert(bytes.length < 2 * 2 ** 20, `${bytes.length} bytes`);
  const { name, options } = recognizeArchitecture(readSafetensors(bytes));
  assertEquals(name, "unext");
  assertEquals(options, {
    stem: 16,
    blocks: [1, 1, 1, 1],
    widths: [16, 32, 64, 128],
    groups: 4,
    channels: [32, 64, 128, 256],
    aspp: { mid: 32, out: 64, groups: 4, dilations: [1, 2, 3, 4] },
    decoder: [32, 32, 16, 16],
    fpn: { mid: 16, out: 8 },
  });
});

Deno.test("shrinkWeights() halves matrices and leaves vectors and counters", () => {
  const tensor = (shape: number[], ...values: number[]): TensorData => ({
    shape,
    dtype: "f32",
    data: new Uint8Array(new Float32Array(values).buffer),
  });
  const counter: TensorData = {
    shape: [],
    dtype: "i64",
    data: new Uint8Array(8),
  };
  const small = shrinkWeights(
    new Map([
      ["a.weight", tensor([2, 1], 1, -2.5)],
      ["a.bias", tensor([1], 0.1)],
      ["a.num_batches_tracked", counter],
      ["unused", tensor([1, 1], 1)],
    ]),
    { unused: ["unused"] },
  );
  assertEquals([...small], [
    ["a.weight", {
      shape: [2, 1],
      dtype: "f16",
      data: new Uint8Array([0, 0x3c, 0, 0xc1]),
    }],
    ["a.bias", tensor([1], 0.1)],
    ["a.num_batches_tracked", counter],
  ]);
});
