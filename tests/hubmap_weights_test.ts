// The recipe of docs/models.md for the HuBMAP authors' checkpoints, on files like theirs with few channels.
import { assert, assertEquals } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { parametersOf } from "../src/graph/graph.ts";
import { openModel } from "../src/model_folder/open_model.ts";
import { unext50, unextArchitecture } from "../src/models/architecture.ts";
import { hubmapNormalization } from "../src/predict/load_model.ts";
import { anyGraph } from "../src/predict/read_network.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import {
  handPickle,
  pickledDict,
  pickledTensor,
  type PicklePart,
  torchZip,
} from "./helpers/hand_pickle.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const narrow = unextArchitecture("narrow", {
  ...tinyUnextOptions,
  blocks: [3, 4, 6, 3],
});

/** As `torch.save(DataParallel(network).state_dict())` writes it: with the counters of batch norms, and weights that nothing uses. */
function authorsFile(seed: string): Uint8Array {
  const items: Record<string, PicklePart> = {};
  const storages: Record<string, Uint8Array> = {};
  const add = (
    name: string,
    { shape, data, storage = "FloatStorage" }: {
      readonly shape: readonly number[];
      readonly data: Uint8Array;
      readonly storage?: string;
    },
  ) => {
    const key = String(Object.keys(storages).length);
    storages[key] = data;
    const strides = shape.map((_, i) =>
      shape.slice(i + 1).reduce((a, b) => a * b, 1)
    );
    const length = shape.reduce((a, b) => a * b, 1);
    items[`module.${name}`] = pickledTensor({
      ...{ key, length, storage, shape, strides },
    });
  };
  for (
    const [name, tensor] of syntheticStateDict(narrow, { seed, bias: 0.1 })
  ) {
    add(name, tensor);
    if (!name.endsWith(".running_var")) continue;
    add(name.replace("running_var", "num_batches_tracked"), {
      ...{ shape: [], storage: "LongStorage", data: new Uint8Array(8) },
    });
  }
  for (const { name, shape } of narrow.unused!) {
    const length = shape.reduce((a, b) => a * b, 1);
    add(name, { shape, data: new Uint8Array(4 * length) });
  }
  const pickle = handPickle([0x80, 2], pickledDict(items), ".");
  return torchZip(pickle, { storages });
}

Deno.test("the HuBMAP authors' checkpoints run as they are, and as a model", async () => {
  const names = [narrow, unext50].map((one) =>
    parametersOf(anyGraph(one)).map(({ name }) => name).sort()
  );
  assertEquals(names[0], names[1]);
  const folder = await Deno.makeTempDir({ prefix: "tilewise-hubmap-" });
  const run = async (...args: string[]) => {
    const { code, error } = await captureConsole(() => main(args));
    assertEquals(code, 0, error);
    return error;
  };
  try {
    const files = ["0", "1"].map((seed) => `${folder}/fold${seed}.pth`);
    for (const [i, file] of files.entries()) {
      await Deno.writeFile(file, authorsFile(String(i)));
    }
    const weights = files.flatMap((file) => ["--weights", file]);
    const model = `${folder}/model`;
    assertEquals(
      await run(
        ...["model", "pack", ...weights, "--out", model],
        ...["--name", "HuBMAP 3rd place", "--license", "other"],
      ),
      "tilewise: The weights do not say all that they were trained with: model.json has the default downsample 2, tile 1024, expansion 256, the normalization of HuBMAP's kidney slides, class glomerulus; correct it\n",
    );
    const { manifest } = await openModel(model);
    const { downsample, tile, expansion, mean, std } = manifest.input;
    assertEquals({ downsample, tile, expansion, mean, std }, {
      ...{ downsample: 2, tile: 1024, expansion: 256 },
      ...hubmapNormalization,
    });
    assertEquals(manifest.weights.map(({ file }) => file), [
      ...["weights0.pth", "weights1.pth"],
    ]);
    const slide = `${folder}/slide.tif`;
    const size = { width: 60, height: 50 };
    const pixels = noise(size.width, size.height);
    await Deno.writeFile(slide, await makeTiff([{ ...size, pixels }]));
    const segment = async (name: string, ...by: string[]) => {
      await run(
        ...["infer", slide, ...by, "--out", `${folder}/${name}`],
        ...["--tile", "32", "--expansion", "32", "--downsample", "1"],
        ...["--min-area", "0", "--format", "rle,json"],
      );
      return await Deno.readTextFile(`${folder}/${name}/slide.rle.csv`);
    };
    const mask = await segment("by-model", "--model", model);
    assertEquals(mask, await segment("by-weights", ...weights));
    assert(/^slide,\d+ \d+/m.test(mask), mask);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
