import { GpuError } from "../gpu/gpu_error.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";
import { mixedScales, tileMppOf } from "./tile_scale.ts";
import type { TrainRunOptions } from "./train_options.ts";
import type { TrainedWith } from "./trained_with.ts";

/** Says that an update was skipped. */
export function leftOut(
  { epoch, update }: { readonly epoch: number; readonly update: number },
  precision: TrainRunOptions["precision"],
): string {
  const halved = precision === "f16" ? " and the loss scale halved" : "";
  return `epoch ${epoch}, update ${update}: a gradient is not finite; the update is skipped${halved}`;
}

/** Contradictions between a run and its initial checkpoint, or within the run, a line each. */
export function contradicted(
  trained: TrainedWith,
  { options, training, normalization }: {
    readonly options: TrainRunOptions;
    readonly training: NetworkTraining;
    readonly normalization: Normalization;
  },
): string[] {
  const { mpp, downsample, tile, expansion, classes, outputs } = training;
  const run = {
    ...{ mpp, downsample, normalization },
    tile: tile ?? options.tile,
    expansions: expansion === undefined ? undefined : [expansion],
    ...outputs ? { classes: outputs } : { classification: classes?.[0] },
  };
  return [
    ...mixedScales(training),
    ...trained.warnings(run),
    ...trained.scaleWarnings(run, tileMppOf(training)),
  ];
}

/** Adds how to save memory to an error about too little of it. */
export function adviseParts(error: unknown): never {
  if (error instanceof GpuError && error.kind === "out-of-memory") {
    throw new GpuError(
      error.kind,
      `${error.message}; use --accumulate to split batches, or --memory to compute some tensors twice`,
      { cause: error },
    );
  }
  throw error;
}
