import { assert, assertEquals, assertRejects } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { Gpu } from "../src/gpu/gpu.ts";
import { buildGraph } from "../src/graph/graph.ts";
import { resizeBilinear } from "../src/graph/ops/resize_bilinear.ts";
import type { Shape } from "../src/graph/tensor.ts";
import { exportOnnx } from "../src/graph/onnx/export_onnx.ts";
import { findFreeSizes } from "../src/graph/onnx/free_sizes.ts";
import { onnxNetwork } from "../src/onnx/onnx_architecture.ts";
import { readOnnx } from "../src/onnx/read_onnx.ts";
import {
  writeNormalization,
  writeTraining,
} from "../src/predict/checkpoint_metadata.ts";
import { exportNetwork } from "../src/predict/export_network.ts";
import { hubmapNormalization } from "../src/predict/load_model.ts";
import { architectureGraph, readNetwork } from "../src/predict/read_network.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { maxDifference } from "./helpers/golden.ts";
import { randomValues } from "./helpers/random_values.ts";
import { runGraph } from "./helpers/run_graph.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";

const weights = syntheticStateDict(tinyUnext);
const normalization = {
  mean: [0.1, 0.2, 0.3] as const,
  std: [0.4, 0.5, 0.6] as const,
};
const training = { mpp: 0.5, tile: 512, expansion: 128, classes: ["gland"] };
const bytes = writeSafetensors(weights, {
  ...writeNormalization(normalization),
  ...writeTraining(training),
});
const checkpoint = new File([bytes.slice()], "tiny.safetensors");

Deno.test("exportNetwork() leaves batch and size free, and infer reads back what the checkpoint says", async () => {
  const exported = await exportNetwork(checkpoint);
  assertEquals(exported.side, undefined);
  assertEquals(exported.batch, true);
  const model = readOnnx(exported.bytes);
  assertEquals(model.opset, 17);
  assertEquals(model.inputs[0].dims, [undefined, 3, undefined, undefined]);
  assertEquals(model.outputs[0].dims, [undefined, 1, undefined, undefined]);
  const saved = await readNetwork(exported.bytes);
  assertEquals(saved.normalization, normalization);
  assertEquals(saved.training, training);
});

Deno.test("exportNetwork() gives the logits of the checkpoint, at any size", async () => {
  using gpu = await Gpu.request();
  const exported = await exportNetwork(checkpoint);
  const again = onnxNetwork(exported.bytes, { name: "tiny" });
  const shapes: readonly Shape[] = [[1, 3, 64, 96], [2, 3, 128, 32]];
  for (const shape of shapes) {
    const image = randomValues(shape, "image");
    const run = (
      { forward }: typeof tinyUnext,
      values: typeof weights,
    ) =>
      runGraph(
        gpu,
        buildGraph(
          { image: shape },
          ({ image }) => ({ logits: forward(image) }),
        ),
        {
          inputs: { image },
          parameters: (name) => toFloat32(values.get(name)!),
        },
      );
    const a = await run(again.architecture, again.stateDict);
    const b = await run(tinyUnext, weights);
    assert(maxDifference(a.logits, b.logits) < 1e-4);
  }
});

Deno.test("exportNetwork() fixes the size of --tile, and refuses one that the network does not take", async () => {
  const { bytes, side } = await exportNetwork(checkpoint, { tile: 96 });
  assertEquals(side, 96);
  assertEquals(readOnnx(bytes).inputs[0].dims, [undefined, 3, 96, 96]);
  await assertRejects(
    () => exportNetwork(checkpoint, { tile: 100 }),
    RangeError,
    "received [100, 100]; use 96 or 128",
  );
});

Deno.test("exportNetwork() keeps the size of an ONNX file that has one, and needs its normalization", async () => {
  const fixed = await exportNetwork(checkpoint, { tile: 64 });
  const again = await exportNetwork(new Blob([fixed.bytes]));
  assertEquals(again.side, 64);
  const silent = exportOnnx(
    architectureGraph(tinyUnext, 64),
    (name) => toFloat32(weights.get(name)!),
  );
  await assertRejects(
    () => exportNetwork(new File([silent], "a.onnx")),
    TypeError,
    "give mean and standard deviation with --normalization",
  );
});

Deno.test("findFreeSizes() fixes what its layers fix", () => {
  const open = { batch: true, size: false };
  const found = (build: Parameters<typeof findFreeSizes>[0]) => {
    const { batch, size } = findFreeSizes(build, [1, 4, 8, 8]).free;
    return { batch, size };
  };
  const to = (size: (shape: Shape) => [number, number]) => (shape: Shape) =>
    buildGraph({ x: shape }, ({ x }) => ({
      y: resizeBilinear(x, { size: size(shape) }),
    }));
  assertEquals(found(to(() => [24, 24])), open);
  assertEquals(found(to(([, , h, w]) => [2 * h, 2 * w])), {
    ...{ batch: true, size: true },
  });
  const single = (shape: Shape) => {
    if (shape[0] > 1) throw new RangeError("one at a time");
    return to(([, , h, w]) => [2 * h, 2 * w])(shape);
  };
  assertEquals(found(single), { batch: false, size: true });
});

Deno.test("tilewise export writes a file, and says what it takes", async () => {
  const place = await Deno.makeTempDir({ prefix: "tilewise-export-" });
  try {
    const plain = `${place}/plain.safetensors`;
    await Deno.writeFile(
      plain,
      writeSafetensors(syntheticStateDict(tinyUnext)),
    );
    const run = (...args: string[]) =>
      captureConsole(() => main(["export", ...args]));
    const onnx = `${place}/a.onnx`;
    const { code, out, error } = await run("--weights", plain, "--onnx", onnx);
    assertEquals([code, error], [0, ""]);
    const size = ((await Deno.stat(onnx)).size / 1e6).toFixed(1);
    assertEquals(out, `${onnx}: unext, ${size} MB, image N×3×H×W\n`);
    const saved = await readNetwork(onnx);
    assertEquals(saved.normalization, hubmapNormalization);
    assertEquals(
      (await run("--weights", plain)).error,
      "tilewise: No file to write given: add --onnx FILE\nSee tilewise export --help\n",
    );
    assertEquals(
      (await run("--weights", plain, "--onnx", onnx, "--tile", "33")).code,
      1,
    );
    assertEquals((await run("--help")).code, 0);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
});
