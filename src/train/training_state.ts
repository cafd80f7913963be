import type { StateDict } from "../weights/tensor_data.ts";

/** All that a training step remembers from one update to the next, for checkpoints: `load()` of it goes on to the same bytes. */
export interface TrainingState {
  /**
   * Parameters and running statistics by their state-dict keys, f32 in PyTorch's shapes; and what came with the state dict
   * though the network does not train it, as it came.
   */
  readonly parameters: StateDict;
  /** Adam's moments, f32: `KEY.exp_avg` and `KEY.exp_avg_sq` for each parameter's KEY. Empty stands for zeros. */
  readonly moments: StateDict;
  /** Updates that were applied. */
  readonly step: number;
  /** What the loss is multiplied by before the backward pass; 1 with f32 storage. */
  readonly lossScale: number;
  /** Applied updates since the loss scale last changed. */
  readonly steadySteps: number;
}
