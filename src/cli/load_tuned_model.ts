import { loadModel } from "../predict/load_model.ts";
import type { Model } from "../predict/model.ts";
import type { InferCommandOptions as InferOptions } from "./infer_options.ts";
import { type Progress, startProgress } from "./progress.ts";
import { tellDevice } from "./tell_device.ts";
import { allowTuning, readTuning, writeTuning } from "./tuning_file.ts";

/** What a command line says of its model and of the tiles that go through it. */
export type ModelOptions = Pick<
  InferOptions,
  | "arch"
  | "weights"
  | "precision"
  | "device"
  | "memory"
  | "tile"
  | "expansion"
  | "tune"
  | "quiet"
>;

/** Loads the model of a command line with what was measured on this machine, and measures the rest where `--tune` asks for it. */
export async function loadTunedModel(
  options: ModelOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<Model> {
  const side = options.tile + options.expansion;
  if (options.tune) await allowTuning(); // what takes minutes is not lost at its end
  const tuning = await readTuning();
  const { precision, memory, device: adapter } = options;
  const maxBytes = memory && memory * 2 ** 30;
  const settings = { adapter, precision, maxBytes, side, tuning, signal };
  const model = await loadModel(options.arch, options.weights, settings);
  tellDevice(model.gpu, { ...options, precision: model.precision });
  if (!options.tune) return model;
  const { quiet } = options;
  let progress: Progress | undefined;
  try {
    await model.tune(side, {
      signal,
      onProgress({ total }) {
        progress ??= startProgress({
          name: "tuning",
          tiles: total,
          unit: "shapes",
          quiet,
        });
        progress.step();
      },
    });
    await progress?.stop();
    await writeTuning(tuning);
    return model;
  } catch (error) {
    await progress?.stop();
    await model[Symbol.asyncDispose]();
    throw error;
  }
}
