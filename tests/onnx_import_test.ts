import { assert, assertEquals } from "@std/assert";
import { buildGraph } from "../src/graph/graph.ts";
import { importOnnx } from "../src/onnx/import_onnx.ts";
import { readOnnx } from "../src/onnx/read_onnx.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import type { Shape } from "../src/graph/tensor.ts";
import { maxDifference } from "./helpers/golden.ts";
import { runGraph } from "./helpers/run_graph.ts";
import { gpu } from "./helpers/shared_gpu.ts";

const folder = new URL("../tests/golden/onnx/", import.meta.url);

interface Case {
  readonly about: string;
  readonly dynamic: boolean;
  readonly outputs: readonly string[];
}

const cases: Readonly<Record<string, Case>> = JSON.parse(
  Deno.readTextFileSync(new URL("cases.json", folder)),
);

function deviation(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(squares / values.length - (sum / values.length) ** 2);
}

for (const [name, { about, dynamic }] of Object.entries(cases)) {
  Deno.test(`importOnnx() computes what PyTorch did: ${name}, ${about}`, async () => {
    const model = readOnnx(
      Deno.readFileSync(new URL(`${name}.onnx`, folder)),
    );
    const golden = readSafetensors(
      Deno.readFileSync(new URL(`${name}.safetensors`, folder)),
    );
    for (const suffix of dynamic ? ["", "_b"] : [""]) {
      const input = golden.get(`input${suffix}`)!;
      const shape = input.shape as unknown as Shape;
      const [{ name: inputName }] = model.inputs;
      const values = new Map<string, () => Float32Array>();
      const graph = buildGraph({ [inputName]: shape }, (inputs) => {
        const { outputs, parameters } = importOnnx(model, inputs);
        for (const [key, one] of parameters) values.set(key, one);
        return outputs;
      });
      for (const precision of ["f32", "f16"] as const) {
        const results = await runGraph(gpu, graph, {
          inputs: { [inputName]: toFloat32(input) },
          parameters: (name) => values.get(name)!(),
          precision,
        });
        for (const [i, { name: output }] of model.outputs.entries()) {
          const key = model.outputs.length > 1 ? `output${i}` : "output";
          const expected = golden.get(`${key}${suffix}`)!;
          const wanted = toFloat32(expected);
          const found = results[output];
          assertEquals(found.length, wanted.length);
          const error = maxDifference(found, wanted) / deviation(wanted);
          assert(
            error <= (precision === "f32" ? 2e-4 : 3e-2),
            `${precision} ${output}: ${error} of the deviation`,
          );
        }
      }
    }
  });
}
