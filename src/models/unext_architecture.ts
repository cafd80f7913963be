import type { Architecture } from "./architecture.ts";
import { unext, type UnextVariant } from "./unext.ts";
import {
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "./unext_options.ts";

/** A UNeXt of the given sizes as an architecture. */
export function unextArchitecture(
  name: string,
  options: UnextOptions & UnextVariant,
): Architecture {
  const { mid, out, dilations } = options.aspp;
  return {
    name,
    // In the authors' checkpoints, never used.
    unused: [{
      name: "aspp.conv1.weight",
      shape: [out, mid * (dilations.length + 2), 1, 1],
    }],
    forward: (image) => unext(image, options).logits,
  };
}

/** UNeXt50, as in the 3rd-place solution of HuBMAP "Hacking the Kidney". */
export const unext50: Architecture = unextArchitecture(
  "unext50",
  unext50Options,
);

/** UNeXt101, as in the 3rd-place solution of HuBMAP "Hacking the Kidney". */
export const unext101: Architecture = unextArchitecture(
  "unext101",
  unext101Options,
);
