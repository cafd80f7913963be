import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode finish} needs to know of its operands. */
export interface FinishParams {
  /** Side of the square tile, before upsampling. */
  readonly side: number;
  /** Side of the centre that is kept, before upsampling. */
  readonly centre: number;
  /** Slide pixels that the centre covers, each way. */
  readonly span: number;
  /** Whether the probabilities are kept beside the mask. */
  readonly probability: boolean;
  /** Whether they are kept as bytes, 0 to 255. Default: no. */
  readonly bytes?: boolean;
}

/** Probability map to mask: upsample, crop, threshold; shader `tile/finish.wgsl`. */
export const finish: Kernel<FinishParams> = defineKernel({
  name: "finish",
  source: shaders.finish,
  constants: ({ side, centre, span, probability, bytes }: FinishParams) => ({
    side,
    centre,
    span,
    keep_probability: probability,
    keep_bytes: bytes ?? false,
  }),
  workgroups: ({ span }) => [Math.ceil(span ** 2 / 1024), 1, 1],
});
