import { cannot } from "../errors/cannot.ts";
import { type OpenedModel, openModel } from "../model_folder/open_model.ts";
import type { ModelOptions } from "../options/model.ts";
import type { MinArea } from "../options/output.ts";
import { type Tell, untold } from "./run_context.ts";
import { TrainedWith } from "./trained_with.ts";

/** The model of a run: weights, or a folder. */
export interface ChosenModel {
  /** The weights. */
  readonly weights: readonly string[];
  /** The model, if it is more than weights. */
  readonly opened?: OpenedModel;
  /** The settings that it was trained with. */
  readonly trained: TrainedWith;
  /** Defaults that the model has besides those. */
  readonly defaults: {
    readonly normalization?: ModelOptions["normalization"];
    readonly threshold?: number;
    readonly minArea?: MinArea;
  };
}

/**
 * Opens the model of a run.
 *
 * @throws {Error} If it is not a model, or `model` and `weights` are given.
 */
export async function chooseModel(
  { model, cache, weights = [], arch = "auto" }: Partial<
    Pick<ModelOptions, "model" | "cache" | "weights" | "arch">
  >,
  { signal, tell = untold }: {
    readonly signal?: AbortSignal;
    readonly tell?: Tell;
  } = {},
): Promise<ChosenModel> {
  if (model === undefined) {
    const trained = await TrainedWith.read(weights);
    return { weights, trained, defaults: {} };
  }
  if (weights.length > 0 || arch !== "auto") {
    throw cannot(
      `open model "${model}"`,
      "a model has its own weights and network: weights and arch cannot be given, too",
      { kind: TypeError },
    );
  }
  const onNotice = (text: string) => tell({ kind: "notice", text });
  const opened = await openModel(model, { cache, signal, onNotice });
  const { threshold, minimumArea } = opened.manifest.output;
  return {
    weights: opened.weights,
    opened,
    trained: TrainedWith.ofModel(opened),
    defaults: {
      normalization: opened.normalization,
      threshold,
      minArea: minimumArea,
    },
  };
}
