import type { TrainingProgress } from "./training_progress.ts";
import type { TrainingState } from "./training_state.ts";

/** All that it takes to go on with a run: what the step remembers, how far the loop is, and what it was asked for. */
export interface TrainingCheckpoint {
  /** The step's state. */
  readonly state: TrainingState;
  /** The loop's progress, of the same moment. */
  readonly progress: TrainingProgress;
  /** What the run was asked for, in the caller's words, to compare when it goes on. */
  readonly settings: Readonly<Record<string, string>>;
  /** Further metadata of the file, as `checkpointMetadata()` makes them. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a checkpoint file's metadata says it is. */
export const CHECKPOINT_FORMAT = "tilewise.training.1";
