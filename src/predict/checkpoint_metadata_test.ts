import {
  type NetworkTraining,
  readNormalization,
  readTraining,
  writeNormalization,
  writeTraining,
} from "./checkpoint_metadata.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("readNormalization() reads what writeNormalization() wrote, to the last digit", () => {
  const normalization = {
    mean: [0.1 + 0.2, 0, 1],
    std: [1 / 3, 1e-9, 1],
  } as const;
  const metadata = { format: "pt", ...writeNormalization(normalization) };
  assertEquals(readNormalization(metadata), normalization);
  assertEquals(readNormalization({ format: "pt" }), undefined);
});

Deno.test("readNormalization() refuses what is no normalization, with the file's name", () => {
  const whole = "[0.5,0.5,0.5]";
  for (
    const [image_mean, image_std] of [
      [whole, undefined],
      [undefined, whole],
      [whole, "[0.5,0,0.5]"],
      [whole, "[0.5,0.5]"],
      [whole, '["0.5","0.5","0.5"]'],
      ["[123,117,104]", whole],
      ["0.5", whole],
      ["half", whole],
    ]
  ) {
    const metadata = {
      ...(image_mean !== undefined && { image_mean }),
      ...(image_std !== undefined && { image_std }),
    };
    assertThrows(
      () => readNormalization(metadata, { name: "fold0" }),
      SyntaxError,
      `Cannot read checkpoint "fold0": image_mean and image_std in its metadata must each be three numbers from 0 to 1, and image_std above 0, received ${
        image_mean ?? "nothing"
      } and ${image_std ?? "nothing"}`,
    );
  }
});

const training: Required<NetworkTraining> = {
  mpp: 0.5,
  downsample: 2.5,
  slideMpp: [0.25, 0.2634],
  tile: 1024,
  expansion: 0,
  classes: ["Tumor: Positive", 'a "b"'],
  outputs: [{ name: "Tumor: Positive", color: "#e69f00" }, { name: "b" }],
  activation: "softmax",
  seed: 0,
  folds: 5,
  fold: 0,
  data: "00ff",
  version: "0.1.0",
};

Deno.test("readTraining() reads what writeTraining() wrote, of all and of some", () => {
  assertEquals(readTraining(writeTraining(training)), training);
  const some = { tile: 64, mpp: undefined };
  assertEquals(readTraining(writeTraining(some)), { tile: 64 });
  assertEquals(readTraining({ image_mean: "[0,0,0]" }), undefined);
});

Deno.test("readTraining() passes over what a later version may add", () => {
  const text = JSON.stringify({ tile: 64, planes: 3 });
  assertEquals(readTraining({ training: text }), { tile: 64 });
});

Deno.test("readTraining() refuses what makes no sense, and names file and field", () => {
  const refuses = (text: string, message: string) =>
    assertThrows(
      () => readTraining({ training: text }, { name: "a.safetensors" }),
      SyntaxError,
      message,
    );
  const start = 'Cannot read checkpoint "a.safetensors": "training" in its ' +
    "metadata ";
  refuses("{", start + "must be a JSON object (starts with {)");
  refuses("[1]", start + "must be a JSON object");
  refuses("null", start + "must be a JSON object");
  const wrong = {
    mpp: [0, -1, "0.5"],
    downsample: [0, true],
    slideMpp: [1, [1], [0.5, 0], [0.5, 0.5, 0.5]],
    tile: [0, 1.5, "64"],
    expansion: [-2, 0.5],
    classes: ["Tumor", [1]],
    outputs: [[], ["a"], [{ name: 1 }], [{ name: "a", color: "red" }]],
    activation: ["relu", 1],
    seed: [-1, "1"],
    folds: [1.5],
    fold: [-1],
    data: [1],
    version: [1],
  };
  assertEquals(Object.keys(wrong).sort(), Object.keys(training).sort());
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      refuses(
        JSON.stringify({ ...training, [key]: value }),
        `${start}has an invalid ${key} (${JSON.stringify(value)})`,
      );
    }
  }
});
