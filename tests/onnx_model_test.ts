import { assert, assertEquals, assertRejects } from "@std/assert";
import { Gpu } from "../src/gpu/gpu.ts";
import { buildGraph } from "../src/graph/graph.ts";
import { exportOnnx } from "../src/graph/onnx/export_onnx.ts";
import type { Shape } from "../src/graph/tensor.ts";
import { importOnnx } from "../src/onnx/import_onnx.ts";
import { readOnnx } from "../src/onnx/read_onnx.ts";
import { hubmapNormalization, loadModel } from "../src/predict/load_model.ts";
import { architectureGraph } from "../src/predict/read_network.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import { maxDifference } from "./helpers/golden.ts";
import { randomValues } from "./helpers/random_values.ts";
import { runGraph } from "./helpers/run_graph.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";

const golden = new URL("golden/onnx/", import.meta.url);

/** The layers of a file, and its weights. */
function read(bytes: Uint8Array<ArrayBuffer>, shape: Shape) {
  const model = readOnnx(bytes);
  const values = new Map<string, () => Float32Array>();
  const [{ name }] = model.inputs;
  const graph = buildGraph({ [name]: shape }, (inputs) => {
    const { outputs, parameters } = importOnnx(model, inputs);
    for (const [key, one] of parameters) values.set(key, one);
    return outputs;
  });
  return { graph, valuesOf: (name: string) => values.get(name)!() };
}

Deno.test("a network of an ONNX file is written as ONNX again, and read again, whatever its operators", () => {
  const cases = Object.keys(
    JSON.parse(Deno.readTextFileSync(new URL("cases.json", golden))),
  );
  for (const name of cases) {
    const bytes = Deno.readFileSync(new URL(`${name}.onnx`, golden));
    const { dims } = readOnnx(bytes).inputs[0];
    const shape = [1, 3, dims[2] ?? 64, dims[3] ?? 64] as const;
    const first = read(bytes, shape);
    const again = read(exportOnnx(first.graph, first.valuesOf), shape);
    assertEquals(
      Object.values(again.graph.outputs).map(({ shape }) => shape),
      Object.values(first.graph.outputs).map(({ shape }) => shape),
      name,
    );
  }
});

Deno.test("a network that was exported and imported twice computes the same: norms, formulas, slices, resizes", async () => {
  using gpu = await Gpu.request();
  for (const name of ["group_norm", "odd", "sized_aligned", "silu_family"]) {
    const bytes = Deno.readFileSync(new URL(`${name}.onnx`, golden));
    const { name: input, dims } = readOnnx(bytes).inputs[0];
    const shape = [1, 3, dims[2] ?? 64, dims[3] ?? 64] as const;
    const values = randomValues(shape, name);
    const first = read(bytes, shape);
    const again = read(exportOnnx(first.graph, first.valuesOf), shape);
    const [a, b] = await Promise.all(
      [first, again].map((network) =>
        runGraph(gpu, network.graph, {
          inputs: { [input]: values },
          parameters: network.valuesOf,
        })
      ),
    );
    for (const output of Object.keys(a)) {
      assert(maxDifference(a[output], b[output]) < 1e-4, name);
    }
  }
});

const weights = syntheticStateDict(tinyUnext);

/** The UNeXt as an ONNX file for tiles of a side. */
function unextFile(side: number): File {
  const graph = architectureGraph(tinyUnext, side);
  const bytes = exportOnnx(graph, (name) => toFloat32(weights.get(name)!));
  return new File([bytes], "tiny.onnx");
}

Deno.test("loadModel() runs the network of an ONNX file, and finds what its checkpoint does", async () => {
  const normalization = hubmapNormalization;
  await using model = await loadModel("auto", [unextFile(96)], {
    normalization,
  });
  await using own = await loadModel(tinyUnext, [weights], { normalization });
  assertEquals(model.networks[0].architecture.name, "tiny.onnx");
  const pixels = Uint8Array.from(
    randomValues([96, 96, 3], "pixels"),
    (value) => 128 + 40 * value,
  );
  const predict = async (one: typeof model) => {
    await using predictor = await one.predictor({
      ...{ size: 64, expansion: 32, factor: 1, span: 64 },
      ...{ probability: true, flips: false, threshold: 0.5 },
    });
    return (await predictor.predict(pixels.slice())).probability!;
  };
  const [a, b] = [await predict(model), await predict(own)];
  assert(maxDifference(a, b) < 1e-5);
});

Deno.test("loadModel() refuses an ONNX file as another network, and without a normalization", async () => {
  const file = unextFile(96);
  await assertRejects(
    () => loadModel("auto", [file]),
    TypeError,
    'Cannot load "tiny.onnx": its ONNX file does not say how its input is normalized: give mean and standard deviation with --normalization',
  );
  await assertRejects(
    () => loadModel("unext50", [file], { normalization: hubmapNormalization }),
    TypeError,
    'load it as "auto"',
  );
  await using model = await loadModel("auto", [file], {
    normalization: hubmapNormalization,
  });
  await assertRejects(
    () =>
      model.predictor({
        ...{ size: 96, expansion: 32, factor: 1, span: 96 },
        ...{ probability: false, flips: false, threshold: 0.5 },
      }),
    RangeError,
    'it takes pictures of 96 pixels a side, 1 at a time, received "1 of 128×128"; use 96',
  );
});
