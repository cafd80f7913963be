import project from "../../deno.json" with { type: "json" };
import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";
import type { TrainRunOptions } from "./train_options.ts";
import type { PreparedData } from "./training_data.ts";

/** Describes a training run, for its checkpoints. */
export function describeTraining(
  options: TrainRunOptions,
  prepared: Pick<PreparedData, "data" | "classes" | "fingerprint">,
): NetworkTraining {
  const { seed, folds, fold, expansion, tiles, activation } = options;
  const { data, fingerprint } = prepared;
  const { mpp, downsample, slideMpp, size } = data;
  const classes = data.classes?.map(({ name }) => name) ??
    learnedClasses(options, prepared);
  const outputs = data.classes ??
    (activation && classes?.map((name) => ({ name })));
  return {
    ...(mpp === undefined ? { downsample } : { mpp }),
    slideMpp,
    tile: size,
    // Those of --tiles are validated without expansion; the right one is unknown.
    expansion: tiles === undefined ? expansion : undefined,
    classes,
    ...(outputs && { outputs, activation: activation ?? "sigmoid" }),
    ...(!outputs && activation && { activation }),
    seed,
    folds,
    fold,
    data: fingerprint,
    version: project.version,
  };
}

/** The given class, or the only one; `undefined` for all classes, or if labels have none. */
function learnedClasses(
  { classification, preferred }: TrainRunOptions,
  { classes }: Pick<PreparedData, "classes">,
): readonly string[] | undefined {
  if (classification === "*") return undefined;
  if (typeof classification === "string") return [classification];
  if (classes.length === 1) return classes;
  // Run-length encodings and masks have no classes: the network keeps the class that it had.
  const goesOn = preferred !== undefined &&
    (classes.length === 0 || classes.includes(preferred));
  return goesOn ? [preferred] : undefined;
}
