import type { Normalization } from "../kernels/tile/load_tile.ts";
import { writeNormalization } from "../predict/checkpoint_normalization.ts";
import {
  type NetworkTraining,
  writeTraining,
} from "../predict/checkpoint_training.ts";

/** What {@linkcode checkpointMetadata} writes down. */
export interface CheckpointMetadataParts {
  /** How the network's input was scaled: `image_mean` and `image_std`. */
  readonly normalization: Normalization;
  /** What the network was trained with: `training`. */
  readonly training: NetworkTraining;
}

/**
 * What a checkpoint says of its network, as metadata of a safetensors file: each value is JSON. `loadModel()` heeds the
 * normalization and gives the rest as `training` of its networks.
 *
 * @example
 * ```ts
 * import { hubmapNormalization } from "@tilewise/tilewise";
 * import { writeSafetensors } from "@tilewise/tilewise/weights";
 * import { checkpointMetadata } from "@tilewise/tilewise/train";
 *
 * const training = { mpp: 0.5, tile: 1024, expansion: 256, seed: 1 };
 * const metadata = checkpointMetadata({ normalization: hubmapNormalization, training });
 * console.log(Object.keys(metadata)); // ["image_mean", "image_std", "training"]
 * writeSafetensors(new Map(), metadata);
 * ```
 */
export function checkpointMetadata(
  { normalization, training }: CheckpointMetadataParts,
): Record<string, string> {
  return { ...writeNormalization(normalization), ...writeTraining(training) };
}
