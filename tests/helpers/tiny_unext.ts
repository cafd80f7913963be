import {
  type Architecture,
  unextArchitecture,
} from "../../src/models/architecture.ts";
import type { UnextOptions } from "../../src/models/unext_options.ts";

/** A UNeXt that costs a test next to nothing: every kind of layer, few channels. */
export const tinyUnextOptions: UnextOptions = {
  stem: 8,
  blocks: [1, 1, 1, 1],
  widths: [8, 8, 16, 16],
  groups: 2,
  channels: [16, 16, 32, 32],
  aspp: { mid: 8, out: 16, groups: 2, dilations: [1, 2, 3, 4] },
  decoder: [16, 16, 8, 8],
  fpn: { mid: 8, out: 8 },
};

/** The tiny UNeXt as an architecture. */
export const tinyUnext: Architecture = unextArchitecture(
  "tiny",
  tinyUnextOptions,
);
