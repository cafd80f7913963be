import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { main } from "../src/cli/main.ts";
import { openModel } from "../src/model_folder/open_model.ts";
import { loadModel } from "../src/predict/load_model.ts";
import { tileFolderSamples } from "../src/train/data/tile_folder_samples.ts";
import { splitFolds } from "../src/train/data/split_folds.ts";
import { TrainingData } from "../src/train/data/training_data.ts";
import { validateSamples } from "../src/train/validate_samples.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const root = new URL("../", import.meta.url);
const folder = await Deno.makeTempDir({ prefix: "tilewise-train-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const SIDE = 128;

/** Writes a folder of slides of noise, or of glass. */
async function writeSlides(
  name: string,
  slides: readonly string[],
): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path);
  for (const slide of slides) {
    const pixels = slide === "glass"
      ? new Uint8Array(SIDE * SIDE * 3).fill(255)
      : noise(SIDE, SIDE);
    const tiff = await makeTiff([{ width: SIDE, height: SIDE, pixels }]);
    await Deno.writeFile(`${path}/${slide}.tif`, tiff);
  }
  return path;
}

async function writeText(name: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}`, text);
  return `${folder}/${name}`;
}

const slides = await writeSlides("slides", ["a", "b", "c"]);
const labels = await writeText(
  "train.csv",
  "id,encoding\na,1 4000 9000 300\nb,500 7000\nc,2000 3000\n",
);
const arch = await writeText("tiny.json", JSON.stringify(tinyUnextOptions));

/** A run of 2 epochs of 4 updates. */
function command(out: string, ...more: string[]): string[] {
  return [
    ...["train", "--slides", slides, "--labels", labels],
    ...["--out", `${folder}/${out}`, "--folds", "3", "--arch", arch],
    ...["--tile", "64", "--expansion", "32", "--downsample", "1"],
    ...["--epochs", "2", "--batch", "2", "--lr", "1e-3", "--save-every", "1"],
    ...more,
  ];
}

interface Ended {
  readonly code: number;
  readonly out: string[];
  readonly error: string[];
}

/** Runs a command in this process. */
async function run(args: readonly string[]): Promise<Ended> {
  const { code, out, error } = await captureConsole(() => main(args));
  const linesOf = (text: string) => text.split("\n").slice(0, -1);
  const isProgress = (line: string) => /^epoch \d+\/\d+: /.test(line);
  const errors = linesOf(error).filter((line) => !isProgress(line));
  return { code, out: linesOf(out), error: errors };
}

/** Starts a command in a process of its own. */
function start(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"],
      ...["src/cli/main.ts", ...args],
    ],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(`${folder}/${path}`).then(() => true, () => false);
}

function names(out: string): string[] {
  return [...Deno.readDirSync(`${folder}/${out}`)].map(({ name }) => name)
    .sort();
}

const read = (path: string) => Deno.readFile(`${folder}/${path}`);
const FILES = [
  "best.safetensors",
  "last.safetensors",
  "log.csv",
  "state.safetensors",
  "train.html",
];

Deno.test("train writes checkpoints, log and page", async () => {
  const { code, out, error } = await run(command("whole"));
  assertEquals(code, 0, error.join("\n"));
  assertEquals(names("whole"), FILES);
  const log = await Deno.readTextFile(`${folder}/whole/log.csv`);
  const [header, ...lines] = log.trim().split("\n");
  assertEquals(header, "epoch,train_loss,val_loss,dice_coef");
  assertEquals(lines, out);
  assertMatch(lines[1], /^2,0\.\d{6},\d\.\d{6},0\.\d{6}$/);
  assertEquals(error.length, 3);
  assertMatch(
    error[0],
    /^tilewise: 8 tiles of 2 slides for training, 4 of 1 for validation \([abc]\)$/,
  );
  assertEquals(error[1], header);
  assertMatch(
    error[2],
    /^tilewise: done, best soft Dice 0\.\d{4} after epoch [12]: .*whole\/best\.safetensors; see .*whole\/train\.html$/,
  );
  const html = await Deno.readTextFile(`${folder}/whole/train.html`);
  assertStringIncludes(html, "2 of 2 epochs, done");
  assert(html.includes("<figure>"));
  // What PyTorch asks of a strict load, and infer of its weights.
  const weights = readSafetensors(await read("whole/last.safetensors"));
  assert(weights.has("enc0.1.num_batches_tracked"));
  assert(weights.has("aspp.conv1.weight"));
  assert(![...weights.keys()].some((key) => key.endsWith(".exp_avg")));
});

Deno.test("train --license ends with a model's folder and its card, also of a run that is done", async () => {
  const more = ["--resume", "--license", "Apache-2.0", "--name", "Noise"];
  const { code, error } = await run(command("whole", ...more));
  assertEquals(code, 0, error.join("\n"));
  const place = `${folder}/whole/model`;
  assertEquals(error.at(-1), `tilewise: model to hand on: ${place}`);
  assertEquals(names("whole/model"), [
    ...["README.md", "curves.svg", "model.json", "test.safetensors"],
    "weights.safetensors",
  ]);
  assertEquals(
    await read("whole/model/weights.safetensors"),
    await read("whole/best.safetensors"),
  );
  const { manifest } = await openModel(place);
  const { tile, expansion, downsample } = manifest.input;
  assertEquals({ tile, expansion, downsample }, {
    ...{ tile: 64, expansion: 32, downsample: 1 },
  });
  assertEquals([manifest.name, manifest.license], ["Noise", "Apache-2.0"]);
  const log = await Deno.readTextFile(`${folder}/whole/log.csv`);
  const { data, metrics, log: lines } = manifest.provenance as Record<
    string,
    Record<string, unknown>
  >;
  assertEquals(lines as unknown, log.trim().split("\n"));
  // Names of slides may tell of patients.
  const { sha256, ...counts } = data;
  assertMatch(String(sha256), /^[0-9a-f]{64}$/);
  assertEquals(counts, {
    training: "8 tiles of 2 slides",
    validation: "4 tiles of 1 slide",
  });
  const card = await Deno.readTextFile(`${place}/README.md`);
  for (
    const text of [
      '---\nlicense: "apache-2.0"\n',
      "\n# Noise\n",
      "- Input: RGB tiles of 64 px and 32 px of expansion, at 1/1 of the slide's scale\n",
      "\n## Data\n",
      `| Soft dice | ${metrics.softDice} |`,
      "![Curves of its training](curves.svg)",
    ]
  ) assertStringIncludes(card, text);
  const curves = await Deno.readTextFile(`${place}/curves.svg`);
  assertEquals(curves.match(/<polyline /g)!.length, 3);
});

Deno.test("train --resume goes on from a kill to the same bytes", async () => {
  const child = start(command("killed", "--quiet"));
  while (!await exists("killed/state.safetensors")) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  await child.output();
  assert(!await exists("killed/log.csv"), "it was killed in its first epoch");
  const { code, error } = await run(command("killed", "--quiet", "--resume"));
  assertEquals([code, error], [0, []]);
  for (const name of FILES) {
    assertEquals(
      await read(`killed/${name}`),
      await read(`whole/${name}`),
      name,
    );
  }
});

Deno.test("train is refused a folder in which another run is training", async () => {
  const child = start(command("shared", "--quiet"));
  const lock = async () =>
    await Deno.readTextFile(`${folder}/shared/.lock`).catch(() => "");
  while (await lock() === "") { // until then, it may not be locked
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const { code, error } = await run(command("shared"));
  assertEquals(code, 1);
  assertMatch(
    error.at(-1)!,
    /^tilewise: Cannot write checkpoints to ".*shared": run \S+ \(process \d+, since \S+\) is writing them; wait for it, or choose another output folder$/,
  );
  // A run that is killed is taken over, and what it had begun to write is removed.
  while (!await exists("shared/state.safetensors")) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  await child.output();
  const { token } = JSON.parse(await lock());
  await Deno.writeTextFile(
    `${folder}/shared/.last.safetensors.${token}-9.part`,
    "torn",
  );
  const resumed = await run(command("shared", "--quiet", "--resume"));
  assertEquals([resumed.code, resumed.error], [0, []]);
  assertEquals(names("shared"), FILES);
});

Deno.test("train --resume refuses a state that was changed, and weights of another epoch", async () => {
  const copy = async (name: string) => {
    await Deno.mkdir(`${folder}/${name}`);
    for (const file of FILES) {
      await Deno.writeFile(
        `${folder}/${name}/${file}`,
        await read(`whole/${file}`),
      );
    }
  };
  await copy("changed");
  const bytes = await read("changed/state.safetensors");
  bytes[bytes.length - 1] ^= 1;
  await Deno.writeFile(`${folder}/changed/state.safetensors`, bytes);
  const changed = await run(command("changed", "--resume"));
  assertEquals(changed.code, 1);
  assertStringIncludes(
    changed.error.at(-1)!,
    "state.safetensors is damaged (its checksum differs)",
  );
  await copy("older");
  await Deno.remove(`${folder}/older/best.safetensors`);
  const older = await run(command("older", "--resume"));
  assertEquals(older.code, 1);
  assertStringIncludes(older.error.at(-1)!, "best.safetensors is missing");
});

Deno.test("train keeps what was done at Ctrl-C, and --resume goes on to the same bytes", async () => {
  const child = start(command("stopped", "--quiet"));
  while (!await exists("stopped/state.safetensors")) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals(code, 130);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    `tilewise: Interrupted: "${folder}/stopped" holds the run; use --resume to continue it`,
  );
  const changed = withoutRepeats(command("stopped", "--lr", "2e-3"));
  const other = await run([...changed, "--resume"]);
  assertEquals(other.code, 1);
  assertEquals(
    other.error.at(-1),
    `tilewise: Cannot resume the run in "${folder}/stopped": its options must not change, but lr was "0.001" and is "0.002"`,
  );
  assertEquals((await run(command("stopped", "--quiet", "--resume"))).code, 0);
  for (const name of FILES) {
    assertEquals(
      await read(`stopped/${name}`),
      await read(`whole/${name}`),
      name,
    );
  }
});

Deno.test("train by micrometers a pixel is train at the downsample that they come to", async () => {
  const args = command("scale", "--mpp", "0.5", "--slide-mpp", "0.5");
  const at = args.indexOf("--downsample");
  args.splice(at, 2);
  assertEquals((await run(args)).code, 0);
  assertEquals(await read("scale/log.csv"), await read("whole/log.csv"));
  const weightsIn = async (run: string) =>
    readSafetensors(await read(`${run}/last.safetensors`));
  assertEquals(await weightsIn("scale"), await weightsIn("whole"));
});

Deno.test("train does not write over a run", async () => {
  const { code, error } = await run(command("whole"));
  assertEquals(code, 1);
  assertEquals(error, [
    `tilewise: Cannot start a run in "${folder}/whole": the folder holds a run already; use --resume to continue it, or another --out`,
  ]);
});

Deno.test("train does not replace the checkpoints of a run whose state is gone", async () => {
  await Deno.mkdir(`${folder}/stateless`);
  const path = `${folder}/stateless/best.safetensors`;
  await Deno.writeTextFile(path, "mine");
  const { code, error } = await run(command("stateless"));
  assertEquals(code, 1);
  assertEquals(error, [
    `tilewise: Cannot write results: "${path}" already exists; use another --out`,
  ]);
  assertEquals(await Deno.readTextFile(path), "mine");
});

Deno.test("train says on what it computes, and refuses a device by name", async () => {
  const out = await captureConsole(() =>
    main(withoutRepeats(
      command("quick", "--epochs", "1", "--device", "auto"),
    ))
  );
  assertEquals(out.code, 0, out.error);
  assertMatch(out.device, /^Device: .*, backend .*, precision f32\n/);
  const { code, error } = await run(command("fast", "--device", "cpu"));
  assertEquals(code, 2);
  assertStringIncludes(
    error[0],
    '--device must be one of auto, gpu, high-performance, low-power, software, received "cpu"',
  );
});

Deno.test("train goes on from another run's weights with pseudo-labels of other slides", async () => {
  const more = await writeSlides("more", ["a", "p"]);
  const pseudo = await writeText("p.csv", "id,predicted\np,1 500\na,1 9\n");
  const { code, error } = await run([
    ...["train", "--slides", slides, "--labels", labels, "--folds", "3"],
    ...["--out", `${folder}/pseudo`, "--epochs", "1", "--batch", "4"],
    ...["--tile", "64", "--expansion", "32", "--downsample", "1"],
    ...["--from", `${folder}/whole/best.safetensors`],
    ...["--pseudo", pseudo, "--pseudo-slides", more],
    ...["--accumulate", "2", "--no-augment"],
  ]);
  assertEquals(code, 0, error.join("\n"));
  assertMatch(
    error.at(-3)!, // before the columns and what was reached
    /^tilewise: 12 tiles of 3 slides for training, 4 of 1 for validation/,
  );
});

Deno.test("train goes on without a disk to save on, and says so", async () => {
  const { rename } = Deno;
  Deno.rename = () =>
    Promise.reject(new Error("No space left on device (os error 28)"));
  try {
    const ended = await run(withoutRepeats(command("full", "--epochs", "1")));
    assertEquals(ended.code, 1);
    assertEquals(ended.out.length, 1, "the epoch was trained and logged");
    assertMatch(
      ended.error[2],
      /^tilewise: Cannot write ".*state.safetensors": .*No space left on device.*; training continues, the last checkpoint stays$/,
    );
    assert(!await exists("full"), "nothing came into the folder");
  } finally {
    Deno.rename = rename;
  }
});

Deno.test("train takes tiles that the command tile made", async () => {
  const cut = await run([
    ...["tile", `${slides}/a.tif`, `${slides}/b.tif`, "--labels", labels],
    ...["--out", `${folder}/tiles`, "--tile", "64", "--downsample", "1"],
  ]);
  assertEquals(cut.code, 0, cut.error.join("\n"));
  const { code, error } = await run([
    ...["train", "--tiles", `${folder}/tiles`, "--out", `${folder}/tiled`],
    ...["--folds", "2", "--arch", arch, "--epochs", "1", "--batch", "2"],
  ]);
  assertEquals(code, 0, error.join("\n"));
  assertEquals(names("tiled"), FILES);

  // What tile measured counts in training, in validation, and for who loads the checkpoint.
  const { mean, std } = JSON.parse(
    await Deno.readTextFile(`${folder}/tiles/tiles.json`),
  );
  const best = await read("tiled/best.safetensors");
  await using model = await loadModel("auto", [best]);
  assertEquals(model.networks[0].normalization, { mean, std });
  const source = await tileFolderSamples(`${folder}/tiles`);
  const data = new TrainingData(source, { seed: 1, folds: 2, fold: 0 });
  async function* tiles() {
    for (const sample of data.validation) yield await data.read(sample);
  }
  const { loss } = await validateSamples(model, tiles(), { expansion: 0 });
  const logOf = async (run: string) =>
    (await Deno.readTextFile(`${folder}/${run}/log.csv`)).split("\n")[1]
      .split(",");
  const [, trainLoss, valLoss] = await logOf("tiled");
  assertEquals(loss.toFixed(6), valLoss);

  const other = await run([
    ...["train", "--tiles", `${folder}/tiles`, "--out", `${folder}/scaled`],
    ...["--folds", "2", "--arch", arch, "--epochs", "1", "--batch", "2"],
    ...["--mean", "0.5,0.6,0.7", "--std", "0.1, 0.2, 0.3"],
  ]);
  assertEquals(other.code, 0, other.error.join("\n"));
  await using scaled = await loadModel("auto", [
    `${folder}/scaled/best.safetensors`,
  ]);
  assertEquals(scaled.networks[0].normalization, {
    mean: [0.5, 0.6, 0.7],
    std: [0.1, 0.2, 0.3],
  });
  assertNotEquals((await logOf("scaled"))[1], trainLoss);
});

const bad: [string, () => string[] | Promise<string[]>, RegExp][] = [
  [
    "a run past the end of the slide",
    async () =>
      command(
        "bad",
        "--labels",
        await writeText("past.csv", "id,encoding\nd,16380 9\n"),
        "--slides",
        await writeSlides("past", ["d"]),
      ),
    /^tilewise: Cannot open the labels of "d": runs must be within pixels 1 to 16384, received "16380 9"$/,
  ],
  [
    "overlapping runs",
    async () =>
      command(
        "bad",
        "--labels",
        await writeText("overlap.csv", "id,encoding\nd,1 9 5 9\n"),
        "--slides",
        await writeSlides("overlap", ["d"]),
      ),
    /^tilewise: Cannot open the labels of "d": runs must ascend without overlap, but "5 9" follows a run that ends at 9$/,
  ],
  [
    "labels of other slides alone",
    async () =>
      command(
        "bad",
        "--labels",
        await writeText("other.csv", "id,encoding\nx,1 9\n"),
        "--slides",
        await writeSlides("other", ["d"]),
      ),
    /^tilewise: Cannot train on slides of ".*other": none of 1 has labels in ".*"$/,
  ],
  [
    "a fold without slides",
    () => command("bad", "--folds", "4"),
    /^tilewise: Cannot split 3 slides into 4 folds: each fold needs a slide; use --folds 3 or fewer$/,
  ],
  [
    "a slide alone",
    async () => {
      const alone = await writeSlides("alone", ["a"]);
      const plain = `${folder}/alone/a.tif`;
      await Deno.rename(plain, `${folder}/alone/a.ndpi`); // as called by a scanner
      return command("bad", "--slides", alone);
    },
    /^tilewise: Cannot split slides into folds: at least two are needed, one for training and one for validation, received 1$/,
  ],
  [
    "slides without tissue alone",
    async () =>
      command(
        "bad",
        "--slides",
        await writeSlides("white", ["glass", "e"]),
        "--folds",
        "2",
        "--labels",
        await writeText("white.csv", "id,encoding\nglass,1 9\ne,1 9\n"),
      ),
    /^tilewise: Cannot use fold 0 of 2: its (training|validation) slides have no tile to use \(glass\)$/,
  ],
  [
    "empty masks alone",
    async () =>
      command(
        "bad",
        "--labels",
        await writeText("empty.csv", "id,encoding\na,\nb,\nc,\n"),
        "--slides",
        await writeSlides("empty", ["a", "b", "c"]),
      ),
    /^tilewise: Cannot train: the masks of all 2 training slides are empty$/,
  ],
  [
    "no folder of slides",
    () => command("bad", "--slides", `${folder}/none`),
    /^tilewise: Cannot read the folder of slides ".*none": No such file/,
  ],
  [
    "less memory than a batch needs",
    () => command("bad", "--memory", "0.00001"),
    /^tilewise: Cannot train .* need at least 0\.\d+ GiB of GPU memory besides the weights, more than the limit of 0\.00001 GiB; raise the limit \(--memory\), or use smaller batches \(--accumulate\) or tiles$/,
  ],
  [
    "a network of no sense",
    async () =>
      command("bad", "--arch", await writeText("bad.json", '{"stem":8}')),
    /^tilewise: Cannot use --arch ".*bad.json": it must be unext50, unext101 or a JSON file with the sizes of a UNeXt \(/,
  ],
];

Deno.test("train refuses what is soon known to be wrong before it reads slides", async () => {
  // Whose blocks are damaged: what reads them fails.
  const path = `${folder}/damaged`;
  await Deno.mkdir(path);
  const damaged = await makeTiff([{
    width: SIDE,
    height: SIDE,
    pixels: new Uint8Array(),
    blocks: [new Uint8Array(99)],
    tags: { 259: 8 },
  }]);
  for (const name of ["a", "b", "c"]) {
    await Deno.writeFile(`${path}/${name}.tif`, damaged);
  }
  const refuses = async (message: RegExp, ...args: string[]) => {
    const { code, error } = await run(
      withoutRepeats(command("bad", "--slides", path, ...args)),
    );
    assertEquals(code, 1);
    assertEquals(error.length, 1, error.join("\n"));
    assertMatch(error[0], message);
  };
  await refuses(/^tilewise: Cannot take samples of "a": /);
  await refuses(/Cannot use --arch "unext5"/, "--arch", "unext5");
  const missing = /Cannot load checkpoint ".*none\.pth": No such file/;
  await refuses(missing, "--from", `${path}/none.pth`);
  await refuses(missing, "--encoder", `${path}/none.pth`);
  await refuses(
    /^tilewise: Cannot split 3 slides into 5 folds: each fold needs a slide; use --folds 3 or fewer$/,
    "--folds",
    "5",
  );
  await refuses(
    /Cannot read the folder of slides ".*none"/,
    ...["--pseudo", labels, "--pseudo-slides", `${path}/none`],
  );
});

for (const [name, args, message] of bad) {
  Deno.test(`train refuses ${name} in one line`, async () => {
    const given = await args();
    // Labels and slides given again replace the first ones.
    const { code, error } = await run(withoutRepeats(given));
    assertEquals(code, 1, error.join("\n"));
    assertMatch(error.at(-1)!, message);
    assert(!await exists("bad"), "the folder that it made is gone");
  });
}

Deno.test("train tells of unknown slides, empty masks, slides without labels and without tissue", async () => {
  const mixed = await writeSlides("mixed", ["a", "b", "glass", "none"]);
  const csv = await writeText(
    "mixed.csv",
    "id,encoding\na,1 99\nb,\nglass,\nx1,1 1\nx2,\n",
  );
  // With a fold of glass alone it ends before it trains.
  const fold = splitFolds(["a", "b", "glass"], { folds: 3, seed: 1 })
    .findIndex(([name]) => name === "glass");
  const args = ["--slides", mixed, "--labels", csv, "--fold", `${fold}`];
  const { error } = await run(withoutRepeats(command("bad", ...args)));
  assertEquals(error.slice(0, 3), [
    `tilewise: labels without a slide in "${mixed}": x1, x2`,
    "tilewise: slides without labels, left out: none",
    'tilewise: "glass" has no tile with tissue',
  ]);
});

Deno.test("train refuses a command line of no sense", async () => {
  const refuses = async (args: string[], message: string) => {
    const { code, error } = await run(["train", ...args]);
    assertEquals(code, 2, message);
    assertEquals(error[0], `tilewise: ${message}`);
  };
  await refuses([], "No slides given: add --slides DIR");
  await refuses(
    ["--slides", "x"],
    "No labels given: add --labels FILE",
  );
  const needed = ["--slides", "x", "--labels", "y", "--out", "z"];
  await refuses([...needed, "--what"], "Unknown option --what");
  await refuses([...needed, "more"], 'Unexpected argument "more"');
  await refuses(
    [...needed, "--fold", "5"],
    "--fold must be less than --folds, received 5 of 5",
  );
  await refuses(
    [...needed, "--batch", "0"],
    '--batch must be a whole number from 1, received "0"',
  );
  await refuses(
    [...needed, "--accumulate", "3"],
    "--accumulate must divide --batch, received 3 for 16",
  );
  await refuses(
    [...needed, "--tile", "100"],
    '--tile must be a multiple of 32, received "100"; the nearest are 96 and 128',
  );
  const together =
    "--mean and --std must both be three numbers from 0 to 1, like 0.65,0.48,0.69, those of --std above 0, received ";
  await refuses(
    [...needed, "--mean", "0.5,0.5,0.5"],
    `${together}0.5,0.5,0.5 and none`,
  );
  for (const std of ["0.5,0.5", "0.5,,0.5", "0.5,0,0.5", "127,127,127", "a"]) {
    await refuses(
      [...needed, "--mean", "0.5,0.5,0.5", "--std", std],
      `${together}0.5,0.5,0.5 and ${std}`,
    );
  }
  await refuses(
    [...needed, "--mpp", "0.5", "--downsample", "2"],
    "--mpp and --downsample cannot be combined",
  );
  await refuses(
    [...needed, "--downsample", "0.5"],
    '--downsample must be a number from 1, received "0.5"',
  );
  await refuses(
    [...needed, "--lr", "0"],
    '--lr must be a number above 0, received "0"',
  );
  const help = await run(["train", "--help"]);
  assertEquals(help.code, 0);
  assertStringIncludes(help.out.join("\n"), "--pseudo FILE");
});

/** Options given twice count as they were given last. */
function withoutRepeats([name, ...args]: string[]): string[] {
  const options = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) options.set(args[i], args[i + 1]);
  return [name, ...[...options].flat()];
}
