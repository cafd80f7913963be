import { cannot } from "../errors/cannot.ts";
import { type OpenedModel, openModel } from "../model_folder/open_model.ts";
import type { ModelOptions } from "../options/model.ts";
import type { MinArea } from "../options/output.ts";
import { TrainedWith } from "./trained_with.ts";

/** The model of a run: weights, or a folder. */
export interface ChosenModel {
  /** The weights. */
  readonly weights: readonly string[];
  /** The folder, if there is one. */
  readonly opened?: OpenedModel;
  /** The settings that it was trained with. */
  readonly trained: TrainedWith;
  /** Defaults that the folder has besides those. */
  readonly defaults: {
    readonly normalization?: ModelOptions["normalization"];
    readonly threshold?: number;
    readonly minArea?: MinArea;
  };
}

/**
 * Opens the model of a run.
 *
 * @throws {Error} If its folder is not a model's, or `model` and `weights` are given.
 */
export async function chooseModel(
  { model, weights = [], arch = "auto" }: Partial<
    Pick<ModelOptions, "model" | "weights" | "arch">
  >,
  { signal }: { readonly signal?: AbortSignal } = {},
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
  const opened = await openModel(model, { signal });
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
