import type { StateDict, TensorData } from "../weights/tensor_data.ts";
import type { TrainingState } from "./training_state.ts";

/**
 * A training state's weights as a checkpoint that PyTorch loads strictly: the parameters, and for each batch norm the
 * counter `num_batches_tracked` that PyTorch keeps beside its running statistics.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "@tilewise/tilewise/weights";
 * import { weightsOf } from "@tilewise/tilewise/train";
 *
 * const state = { parameters: new Map(), moments: new Map(), step: 7, lossScale: 1, steadySteps: 7 };
 * console.log(writeSafetensors(weightsOf(state), { format: "pt" }).length);
 * ```
 */
export function weightsOf({ parameters, step }: TrainingState): StateDict {
  const weights = new Map<string, TensorData>();
  for (const [key, tensor] of parameters) {
    weights.set(key, tensor);
    if (!key.endsWith(".running_var")) continue;
    const counter = key.replace(/running_var$/, "num_batches_tracked");
    if (parameters.has(counter)) continue;
    const data = new Uint8Array(new BigInt64Array([BigInt(step)]).buffer);
    weights.set(counter, { shape: [], dtype: "i64", data });
  }
  return weights;
}
