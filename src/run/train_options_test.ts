import { assertEquals } from "@std/assert";
import { parseTrainOptions } from "../cli/train.ts";
import { describeTraining } from "./describe_training.ts";
import type { PreparedData } from "./training_data.ts";

const options = parseTrainOptions(
  ["--slides", "s", "--labels", "l", "--out", "o"],
)!;
const data = { size: 64, downsample: 2, slideMpp: undefined };

/** The classes that are noted of a run. */
function classesOf(
  said: { classification?: string; preferred?: string },
  ...classes: string[]
): readonly string[] | undefined {
  const prepared = { data, classes, fingerprint: "00ff" } as unknown;
  return describeTraining({ ...options, ...said }, prepared as PreparedData)
    .classes;
}

Deno.test("describeTraining() notes the class that was asked for, else the one that there is", () => {
  assertEquals(classesOf({ classification: "Tumor" }, "Stroma", "Tumor"), [
    "Tumor",
  ]);
  assertEquals(classesOf({}, "Tumor"), ["Tumor"]);
  assertEquals(classesOf({}, "Stroma", "Tumor"), undefined);
  assertEquals(classesOf({ classification: "*" }, "Tumor"), undefined);
  assertEquals(classesOf({}), undefined);
});

Deno.test("describeTraining() keeps the class of the network that it goes on from, unless labels have another", () => {
  const preferred = "Tumor";
  assertEquals(classesOf({ preferred }), ["Tumor"]);
  assertEquals(classesOf({ preferred }, "Stroma", "Tumor"), ["Tumor"]);
  assertEquals(classesOf({ preferred }, "Stroma"), ["Stroma"]);
  assertEquals(classesOf({ preferred }, "Stroma", "Fat"), undefined);
  assertEquals(
    classesOf({ preferred, classification: "Stroma" }, "Stroma", "Tumor"),
    ["Stroma"],
  );
});

Deno.test("describeTraining() notes no expansion for tiles, which have none", () => {
  const tiles = parseTrainOptions(["--tiles", "t", "--out", "o"])!;
  const prepared = { data, classes: [], fingerprint: "00ff" } as unknown;
  const { expansion, tile, downsample } = describeTraining(
    tiles,
    prepared as PreparedData,
  );
  assertEquals([expansion, tile, downsample], [undefined, 64, 2]);
});
