import { parseInferOptions } from "../src/cli/infer.ts";
import { parseTrainOptions } from "../src/cli/train.ts";
import { planPseudoLabels } from "./pseudo_labels.ts";
import { assertEquals } from "@std/assert";

Deno.test("planPseudoLabels() trains, predicts, goes on with what was predicted, and keeps both", () => {
  const plan = planPseudoLabels({
    slides: "train",
    labels: "train.csv",
    unlabeled: { folder: "test", files: ["test/x.tif", "test/y.svs"] },
    out: "runs",
    training: ["--fold", "3", "--downsample", "4"],
  });
  assertEquals(plan.map(([command]) => command), [
    "train",
    "infer",
    "train",
    "infer",
  ]);
  const [first, second] = [plan[0], plan[2]]
    .map(([_, ...args]) => parseTrainOptions(args)!);
  assertEquals([first.out, first.epochs, first.fold, first.from], [
    "runs/labels",
    50,
    3,
    undefined,
  ]);
  assertEquals([second.out, second.epochs, second.fold, second.from], [
    "runs/pseudo",
    25,
    3,
    "runs/labels/best.safetensors",
  ]);
  assertEquals(second.pseudo, ["runs/results-labels"]);
  assertEquals(second.pseudoSlides, "test");
  const results = [plan[1], plan[3]]
    .map(([_, ...args]) => parseInferOptions(args)!);
  assertEquals(results.map(({ weights, out }) => [...weights, out]), [
    ["runs/labels/best.safetensors", "runs/results-labels"],
    ["runs/pseudo/best.safetensors", "runs/results-pseudo"],
  ]);
  assertEquals(results[1].downsample, 4);
  assertEquals(results.map(({ resume }) => resume), [true, true]);
  assertEquals(results[0].slides, ["test/x.tif", "test/y.svs"]);
});

Deno.test("planPseudoLabels() heeds --epochs of both runs", () => {
  const plan = planPseudoLabels({
    slides: "train",
    labels: "train.csv",
    unlabeled: { folder: "test", files: ["test/x.tif"] },
    out: "runs",
    training: ["--epochs", "3"],
  });
  const epochs = [plan[0], plan[2]]
    .map(([_, ...args]) => parseTrainOptions(args)!.epochs);
  assertEquals(epochs, [3, 3]);
});
