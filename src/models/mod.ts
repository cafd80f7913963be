/**
 * UNeXt and its family as graphs, and what checkpoints tell of them.
 *
 * @module
 */

export type { Architecture } from "./architecture.ts";
export { unext, type UnextStage, type UnextVariant } from "./unext.ts";
export { unext101, unext50, unextArchitecture } from "./unext_architecture.ts";
export {
  type PerStage,
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "./unext_options.ts";
export {
  recognizeArchitecture,
  type RecognizedArchitecture,
  type TensorShapes,
} from "./recognize_architecture.ts";
export { isTorchvisionEncoder, mapTorchvisionEncoder } from "./encoder_keys.ts";
