import { assert, assertEquals } from "@std/assert";
import { describeModel } from "../src/model_folder/model_card.ts";
import { openModel } from "../src/model_folder/open_model.ts";
import { testModel } from "../src/model_folder/test_model.ts";
import type { TensorData } from "../src/weights/tensor_data.ts";
import { shrinkWeights } from "./demo_model_train.ts";

Deno.test("demo_model is a model whose card says what its model.json does, and which computes here what it should", async () => {
  const folder = decodeURIComponent(
    new URL("./demo_model", import.meta.url).pathname,
  );
  const opened = await openModel(folder);
  assertEquals(opened.title, "Glomeruli of synthetic slides 1.0.0");
  const [{ bytes }] = opened.manifest.weights;
  assert(bytes < 2 ** 20, `${bytes} bytes`);
  for (const [name, text] of Object.entries(describeModel(opened.manifest))) {
    assertEquals(await Deno.readTextFile(`${folder}/${name}`), text);
  }
  const { difference, tolerance } = (await testModel(opened))!;
  assert(difference <= tolerance, `${difference}`);
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
