import { assertEquals, assertThrows } from "@std/assert";
import {
  type NetworkTraining,
  readTraining,
  writeTraining,
} from "./checkpoint_training.ts";

const training: Required<NetworkTraining> = {
  mpp: 0.5,
  downsample: 2.5,
  slideMpp: [0.25, 0.2634],
  tile: 1024,
  expansion: 0,
  classes: ["Tumor: Positive", 'a "b"'],
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
  const start = 'Cannot read checkpoint a.safetensors: "training" of its ' +
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
        `${start}has a ${key} that is none (${JSON.stringify(value)})`,
      );
    }
  }
});
