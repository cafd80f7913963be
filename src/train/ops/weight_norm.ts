import type { BufferRange } from "../../gpu/gpu.ts";
import type { WeightNormDerivation } from "../../graph/tensor.ts";
import { weightNormBackward } from "../../kernels/backward/norm.ts";
import { weightNorm } from "../../kernels/norm.ts";
import { type Fill, lengthsOf } from "../fill.ts";
import type { Recording } from "../step/recording.ts";
import type { Operand } from "../step/tape.ts";

/** Initial values of direction and length: the weight itself, and its norms. */
export function weightNormFills(
  { v, g }: WeightNormDerivation,
  fill: Fill,
): [string, Fill][] {
  return [[v.name, fill], [g.name, lengthsOf(v, fill)]];
}

/** Records the computation of a weight from its direction and length. */
export function recordWeightNorm(
  { tape, memory, target }: Recording,
  norm: WeightNormDerivation,
  name: string,
): Operand {
  const [v, g] = [norm.v, norm.g]
    .map(({ name }) => memory.parameters.range(name));
  const bytes = target.precision === "f16" ? v.size / 2 : v.size;
  const weight = { name, bytes };
  const program = weightNorm.program(vectorsOf(v, g), target.precision);
  tape.add(name, program, { v, g, weight });
  return weight;
}

/** Records the gradients with respect to direction and length, from that of the weight. */
export function recordWeightNormBackward(
  { tape, memory }: Recording,
  norm: WeightNormDerivation,
  { name, gradient }: { readonly name: string; readonly gradient: Operand },
): void {
  const [v, g] = [norm.v, norm.g]
    .map(({ name }) => memory.parameters.range(name));
  tape.add(`${name}.norm`, weightNormBackward.program(vectorsOf(v, g)), {
    v,
    g,
    gradient,
    grad_v: memory.gradients.range(norm.v.name),
    grad_g: memory.gradients.range(norm.g.name),
  });
}

/** Sizes of a weight for the kernels of weight norm. */
function vectorsOf(
  v: BufferRange,
  g: BufferRange,
): { readonly blocks: number; readonly vectors: number } {
  const blocks = g.size / 16;
  return { blocks, vectors: v.size / 16 / blocks };
}
