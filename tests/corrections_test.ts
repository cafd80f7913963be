// Corrections as labels, through the commands.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import {
  type Box,
  type Correction,
  makeCorrections,
  region,
} from "./helpers/make_corrections.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-corrections-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const SIDE = 64;
const names = ["a", "b"];
const slides = `${folder}/slides`;
await Deno.mkdir(slides);
for (const name of names) {
  const pixels = noise(SIDE, SIDE);
  const tiff = await makeTiff([{ width: SIDE, height: SIDE, pixels }]);
  await Deno.writeFile(`${slides}/${name}.tif`, tiff);
}
const arch = `${folder}/tiny.json`;
await Deno.writeTextFile(arch, JSON.stringify(tinyUnextOptions));

/** Writes a folder of corrections of slides, or of plain GeoJSON. */
async function write(
  name: string,
  objects: Readonly<Record<string, readonly Correction[]>>,
  { suffix = ".corrected.geojson", format = 1 as number | undefined } = {},
): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path, { recursive: true });
  for (const [slide, all] of Object.entries(objects)) {
    const of = { name: slide, width: SIDE, height: SIDE };
    const text = makeCorrections(format ? of : undefined, all);
    await Deno.writeTextFile(`${path}/${slide}${suffix}`, text);
  }
  return path;
}

async function run(args: readonly string[]) {
  const { code, out, error } = await captureConsole(() => main(args));
  return { code, out, error: error.replace(/^epoch \d+\/\d+: .*\n/gm, "") };
}

const train = (labels: string, out: string, ...more: string[]) =>
  run([
    ...["train", "--slides", slides, "--labels", labels, "--arch", arch],
    ...["--out", `${folder}/${out}`, "--folds", "2", "--tile", "32"],
    ...["--expansion", "32", "--downsample", "1", "--epochs", "1"],
    ...["--batch", "2", "--lr", "1e-3", ...more],
  ]);
const results = async (out: string) => ({
  log: await Deno.readTextFile(`${folder}/${out}/log.csv`),
  weights: [
    ...readSafetensors(
      await Deno.readFile(`${folder}/${out}/last.safetensors`),
    ),
  ],
});
const box: Box = [4, 4, 28, 36];
const all = (objects: readonly Correction[]) =>
  Object.fromEntries(names.map((name) => [name, objects]));

Deno.test("train learns from corrections of which all is known as from other labels, bit by bit", async () => {
  const known = await write(
    "known",
    all([region(0, 0, SIDE, SIDE), { box, state: "accepted" }]),
  );
  const plain = await write("plain", all([{ box }]), {
    ...{ suffix: ".geojson", format: 0 },
  });
  const one = await train(known, "known-run");
  const other = await train(plain, "plain-run");
  assertEquals([one.code, other.code], [0, 0], one.error + other.error);
  assertEquals(await results("known-run"), await results("plain-run"));
  assertStringIncludes(
    one.error,
    '"a": corrections: 1 accepted, 0 changed, 0 drawn, 0 rejected, 1 region; undecided: 0 in regions taken, 0 left out; 100 % of the slide is known, the rest is not',
  );
});

Deno.test("train takes nothing from what is unknown, and says how much is known", async () => {
  const objects = [
    { box, state: "accepted" },
    { box: [40, 0, 56, 16] as Box, state: "rejected" },
    { box: [40, 40, 50, 50] as Box },
  ];
  const corrected = await write("corrected", all(objects));
  const first = await train(corrected, "first");
  assertEquals(first.code, 0, first.error);
  for (
    const text of [
      '"a": corrections: 1 accepted, 0 changed, 0 drawn, 1 rejected, 0 regions; undecided: 0 in regions taken, 1 left out; 25 % of the slide is known, the rest is not',
      '"b" has 1 tile with tissue of which nothing is known, left out',
      "3 tiles of 1 slides for training, 3 of 1 for validation",
    ]
  ) assertStringIncludes(first.error, text);
  // An undecided object may be anywhere.
  const moved = [...objects.slice(0, 2), { box: [0, 40, 30, 64] as Box }];
  await write("corrected", all(moved));
  const second = await train(corrected, "second");
  assertEquals(second.code, 0, second.error);
  assertEquals(await results("second"), await results("first"));
  const page = await Deno.readTextFile(`${folder}/first/train.html`);
  assertStringIncludes(page, "what is unknown is pale");
});

Deno.test("train refuses corrections that teach nothing, are of another slide, or of classes that it does not know", async () => {
  const none = await write("none", all([{ box }]));
  const cases: [string, string, ...string[]][] = [
    [
      none,
      "nothing of a, b is known: there is no decided object",
    ],
    [
      await write("regions", all([region(...box)])),
      "Cannot train: the masks of all 1 training slides are empty",
    ],
    [
      await write("flat", all([region(20, 20, 20, 60)])),
      "and no region with an area; correct it, or take the rest as background with --unlabeled background",
    ],
    [
      await write(
        "classes",
        all([
          { box, state: "accepted", name: "Tumor" },
          { box: [0, 0, 9, 9], state: "drawn", name: "Fold" },
        ]),
      ),
      "they have classes that are not among Tumor, Stroma: Fold (1)",
      ...["--class", "Tumor", "--class", "Stroma"],
    ],
    [
      await write("plain", {}),
      "these labels are no corrections",
      ...["--unlabeled", "unknown"],
    ],
  ];
  for (const [labels, message, ...more] of cases) {
    const { code, error } = await train(labels, "refused", ...more);
    assertEquals(code, 1, error);
    assertStringIncludes(error, message);
  }
  const of = await Deno.readTextFile(`${folder}/known/a.corrected.geojson`);
  await Deno.writeTextFile(`${none}/b.corrected.geojson`, of);
  const { code, error } = await train(none, "refused");
  assertEquals(code, 1);
  assertStringIncludes(
    error,
    'Cannot open the labels of "b": they are of another slide: "a" of 64×64 pixels, not "b" of 64×64',
  );
});
