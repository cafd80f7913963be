/**
 * UNeXt networks as graphs, and their recognition from checkpoints.
 *
 * @module
 */

export {
  type Architecture,
  unext101,
  unext50,
  unextArchitecture,
} from "./architecture.ts";
export {
  type PerStage,
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "./unext_options.ts";
export { unext, type UnextStage, type UnextVariant } from "./unext.ts";
export {
  isTorchvisionEncoder,
  mapTorchvisionEncoder,
  recognizeArchitecture,
  type RecognizedArchitecture,
  type TensorShapes,
} from "./recognize_architecture.ts";
