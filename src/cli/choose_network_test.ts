import { assert, assertEquals, assertRejects } from "@std/assert";
import { tinyUnext, tinyUnextOptions } from "../../tests/tiny_unext.ts";
import { withFolder } from "../masks/testing.ts";
import { writeNormalization } from "../predict/checkpoint_normalization.ts";
import { hubmapNormalization } from "../predict/load_model.ts";
import { initializeWeights } from "../train/initialize_weights.ts";
import { StateDictError } from "../weights/state_dict_error.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { chooseNetwork } from "./choose_network.ts";

const given = initializeWeights(tinyUnext, { seed: 5 });

/** A folder with the tiny network's sizes, its weights, and its encoder as torchvision names it. */
function withFiles(
  action: (path: (name: string) => string) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const path = (name: string) => `${folder}/${name}`;
    await Deno.writeTextFile(
      path("sizes.json"),
      JSON.stringify(tinyUnextOptions),
    );
    await Deno.writeFile(path("whole.safetensors"), writeSafetensors(given));
    const encoder = new Map(
      [...given].filter(([key]) => key.startsWith("enc")).map((
        [key, tensor],
      ) => [
        key.replace("enc0.0.", "conv1.").replace("enc0.1.", "bn1.")
          .replace("enc1.1.", "layer1.")
          .replace(/^enc(\d)\./, "layer$1."),
        tensor,
      ]),
    );
    encoder.set("fc.weight", {
      shape: [1],
      dtype: "u8",
      data: new Uint8Array(1),
    });
    await Deno.writeFile(
      path("encoder.safetensors"),
      writeSafetensors(encoder),
    );
    await action(path);
  });
}

const nothing = {
  arch: undefined,
  encoder: undefined,
  from: undefined,
  seed: 1,
};

Deno.test("chooseNetwork() starts from a whole network's weights, whose architecture it recognises", async () => {
  await withFiles(async (path) => {
    const { architecture, weights } = await chooseNetwork({
      ...nothing,
      from: path("whole.safetensors"),
    });
    assertEquals(architecture.name, "unext");
    for (const [key, tensor] of given) {
      if (key !== "aspp.conv1.weight") assertEquals(weights.get(key), tensor);
    }
  });
});

Deno.test("chooseNetwork() goes on with the normalisation that infer takes for a checkpoint", async () => {
  await withFiles(async (path) => {
    const own = { mean: [0.5, 0.6, 0.7], std: [0.1, 0.2, 0.3] } as const;
    await Deno.writeFile(
      path("own.safetensors"),
      writeSafetensors(given, writeNormalization(own)),
    );
    const from = async (name: string) =>
      (await chooseNetwork({ ...nothing, from: path(name) })).normalization;
    assertEquals(await from("own.safetensors"), own);
    assertEquals(await from("whole.safetensors"), hubmapNormalization);
    const { normalization } = await chooseNetwork({
      ...nothing,
      arch: path("sizes.json"),
      encoder: path("encoder.safetensors"),
    });
    assertEquals(normalization, undefined);
  });
});

Deno.test("chooseNetwork() starts the encoder from torchvision's weights, the rest at random", async () => {
  await withFiles(async (path) => {
    const { weights } = await chooseNetwork({
      ...nothing,
      arch: path("sizes.json"),
      encoder: path("encoder.safetensors"),
    });
    assertEquals([...weights.keys()], [...given.keys()]);
    const same = [...given].filter(([key, { data }]) =>
      weights.get(key)!.data.every((byte, i) => byte === data[i])
    ).map(([key]) => key);
    assert(
      [...given.keys()].every((key) =>
        !key.startsWith("enc") || same.includes(key)
      ),
    );
    assert(!same.includes("dec4.conv1.0.weight"));
  });
});

Deno.test("chooseNetwork() refuses weights of another network", async () => {
  await withFiles(async (path) => {
    await assertRejects(
      () =>
        chooseNetwork({
          ...nothing,
          arch: "unext50",
          from: path("whole.safetensors"),
        }),
      StateDictError,
    );
    await assertRejects(
      () => chooseNetwork({ ...nothing, encoder: path("whole.safetensors") }),
      TypeError,
      "Cannot map encoder as its keys must be conv1",
    );
  });
});
