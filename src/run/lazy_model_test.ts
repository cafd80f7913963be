import { withFolder } from "../../tests/helpers/masks.ts";
import { tinyUnext, tinyUnextOptions } from "../../tests/helpers/tiny_unext.ts";
import { writeNormalization } from "../predict/checkpoint_metadata.ts";
import { hubmapNormalization } from "../predict/load_model.ts";
import { initializeWeights } from "../train/initialize_weights.ts";
import { encodeTrainingCheckpoint } from "../train/training_checkpoint.ts";
import { StateDictError } from "../weights/match_state_dict.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { chooseNetwork, type ChooseNetworkOptions } from "./choose_network.ts";
import { describeMemory } from "./lazy_model.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

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
    await Deno.writeFile(
      path("state.safetensors"),
      encodeTrainingCheckpoint({
        state: {
          parameters: given,
          moments: new Map([...given].map(([key, tensor]) => [
            `${key}.exp_avg_sq`,
            tensor,
          ])),
          step: 1,
          lossScale: 1,
          steadySteps: 1,
        },
        progress: { epoch: 0, updates: 1, lossSum: 1, history: [] },
        settings: {},
      }),
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

Deno.test("chooseNetwork() starts from a whole network's weights, whose architecture it recognizes", async () => {
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

Deno.test("chooseNetwork() goes on with the normalization that infer takes for a checkpoint", async () => {
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
    const refused = async (
      options: Partial<ChooseNetworkOptions>,
      type: typeof StateDictError | typeof TypeError = TypeError,
    ) => {
      const choose = () => chooseNetwork({ ...nothing, ...options });
      return (await assertRejects(choose, type)).message;
    };
    const tiny = "a UNeXt with 1, 1, 1, 1 blocks and a stem of 8";
    assertEquals(
      await refused(
        { arch: "unext50", from: path("whole.safetensors") },
        StateDictError,
      ),
      `Cannot use "whole.safetensors" as unext50: it is ${tiny}; leave --arch out to use its own architecture`,
    );
    assertEquals(
      await refused({ encoder: path("whole.safetensors") }),
      `Cannot use "whole.safetensors" as an encoder: it is a whole network, ${tiny}; start from it with train --from`,
    );
    assertEquals(
      await refused(
        { arch: "unext50", from: path("encoder.safetensors") },
        StateDictError,
      ),
      'Cannot use "encoder.safetensors" as unext50: it is only an encoder, not a whole network; start from it with train --encoder',
    );
    for (const option of ["from", "encoder"]) {
      assertEquals(
        await refused({ [option]: path("state.safetensors") }),
        'Cannot use "state.safetensors" as weights: it is the state of a training run, for --resume; use "best.safetensors" in the same folder',
      );
    }
  });
});

Deno.test("chooseNetwork() names the network whose encoder it was given", async () => {
  await withFiles(async (path) => {
    const tensor = given.get("enc0.0.weight")!;
    const keys = [
      ...["conv1.weight", "bn1.weight"],
      ...[3, 4, 23, 3].flatMap((blocks, i) =>
        Array.from(
          { length: blocks },
          (_, block) => `layer${i + 1}.${block}.conv1.weight`,
        )
      ),
    ];
    const encoder = new Map(keys.map((key) => [key, tensor]));
    await Deno.writeFile(path("r101.safetensors"), writeSafetensors(encoder));
    const choose = () =>
      chooseNetwork({
        ...nothing,
        arch: "unext50",
        encoder: path("r101.safetensors"),
      });
    const { message } = await assertRejects(choose, StateDictError);
    assertEquals(
      message,
      'Cannot use "r101.safetensors" as the encoder of unext50: it has the blocks of the encoder of unext101',
    );
  });
});

const GIB = 2 ** 30;

Deno.test("describeMemory() says who takes turns, and how often", () => {
  const plan = {
    resident: 3,
    swapped: 7,
    batch: 16,
    needed: 2.5 * GIB,
    capacity: GIB,
  };
  const start = "10 networks take 2.5 GiB, more than 1 GiB: ";
  assertEquals(
    describeMemory(plan),
    `${start}3 stay on the GPU, 7 take turns every 16 tiles`,
  );
  assertEquals(
    describeMemory({ ...plan, resident: 1, swapped: 9, batch: 1 }),
    `${start}1 stays on the GPU, 9 take turns every tile`,
  );
  assertEquals(
    describeMemory({ ...plan, resident: 0, swapped: 10 }),
    `${start}all take turns every 16 tiles`,
  );
  assertEquals(
    describeMemory({ ...plan, resident: 10, swapped: 0 }),
    undefined,
  );
});
