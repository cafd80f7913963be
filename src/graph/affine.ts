import { packAffine } from "../kernels/pack_weights.ts";
import type { Constant } from "./operation.ts";
import type { Parameter } from "./parameter.ts";

/** What a channel is multiplied by, and what is added then. */
export interface Affine {
  readonly scale: Parameter;
  readonly shift: Parameter;
}

/** Scale and shift as kernels read them. */
export function affineConstant({ scale, shift }: Affine): Constant {
  return {
    key: `affine ${scale.name} ${shift.name}`,
    parameters: [scale, shift],
    pack: packAffine,
  };
}
