import { basename, join, resolve } from "node:path";
import project from "../../deno.json" with { type: "json" };
import { MANIFEST } from "../model_folder/manifest.ts";
import { packModel } from "../model_folder/pack_model.ts";
import type { TrainingData } from "../train/data/training_data.ts";
import { bestEpoch, type EpochRecord } from "../train/train_event.ts";
import type { TrainRunOptions } from "./train_options.ts";
import { logHeader, logLine } from "./train_log.ts";

/** The folder of a run's model. */
export const MODEL_FOLDER = "model";

/** What a model says of the run that made it. */
export interface RunFacts {
  /** Samples and slides. Their names may tell of patients, so the model has none of them. */
  readonly data: Pick<
    TrainingData,
    | "size"
    | "classes"
    | "train"
    | "trainSlides"
    | "validation"
    | "validationSlides"
  >;
  /** SHA-256 that identifies the data. */
  readonly fingerprint: string;
}

/**
 * Makes a model's folder of the best weights of a run, with data, metrics and the log of its epochs; nothing without a license,
 * without best weights, or if it is there.
 *
 * @returns its folder, if it is there now.
 */
export async function packRun(
  { out, license, name, ...options }: TrainRunOptions,
  { history, facts, onNotice }: {
    readonly history: readonly EpochRecord[];
    readonly facts: RunFacts;
    readonly onNotice: (text: string) => void;
  },
): Promise<{ readonly model?: string }> {
  const best = bestEpoch(history);
  if (license === undefined || !best) return {};
  const folder = join(out, MODEL_FOLDER);
  const isThere = await Deno.stat(join(folder, MANIFEST))
    .then(() => true, () => false);
  if (isThere) return { model: folder };
  // What a run that was killed has left: its model.json comes last.
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const { train, trainSlides, validation, validationSlides, size } = facts.data;
  const { epochs, batch, lr, seed, fold, folds, augment } = options;
  const tiles = (count: number, { length }: readonly string[]) =>
    `${count} tiles of ${length} slide${length === 1 ? "" : "s"}`;
  await packModel([join(out, "best.safetensors")], {
    ...{ out: folder, license, name: name ?? basename(resolve(out)) },
    version: "1.0.0",
    side: Math.min(256, size),
    ...{ device: options.device, onNotice },
    provenance: {
      software: `Tilewise ${project.version}`,
      data: {
        training: tiles(train.length, trainSlides),
        validation: tiles(validation.length, validationSlides),
        sha256: facts.fingerprint,
      },
      training: {
        ...{ epochs, batch, maximumLearningRate: lr, augmentation: augment },
        ...{ seed, fold: `${fold} of ${folds}` },
      },
      metrics: {
        epoch: best.epoch,
        softDice: best.dice,
        ...(best.classDice && { softDiceOfClasses: best.classDice }),
        validationLoss: best.valLoss,
      },
      log: [logHeader(facts.data.classes), ...history.map(logLine)],
    },
  });
  return { model: folder };
}
