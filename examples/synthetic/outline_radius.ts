import { outlineSteps } from "./round_objects.ts";

/** The radius of an outline in the direction (u, v). */
export function outlineRadius(
  outline: Float32Array,
  u: number,
  v: number,
): number {
  const turn = Math.atan2(v, u) / (2 * Math.PI);
  const at = (turn < 0 ? turn + 1 : turn) * outlineSteps;
  const i = Math.min(outlineSteps - 1, Math.floor(at));
  return outline[i] + (outline[i + 1] - outline[i]) * (at - i);
}
