import type { Dyes, Spot } from "./dyes.ts";
import { chance } from "./hash.ts";
import { outlineRadius } from "./outline_radius.ts";
import type { RoundObject } from "./round_objects.ts";

/** Dyes in a blood vessel: layers of muscle with slender nuclei around an open or blood-filled lumen. */
export function paintVessel(
  object: RoundObject,
  { wx, wy, deep, grain }: Spot,
  dyes: Dyes,
): void {
  const du = wx - object.innerX;
  const dv = wy - object.innerY;
  const rho = Math.hypot(du, dv);
  const lumen = outlineRadius(object.inner, du, dv) - rho;
  if (lumen > 0) {
    const blood = object.filled > 0 && grain > 0.5 - object.filled;
    dyes.pas = (blood ? 0.3 + 0.12 * grain : 0.03) +
      0.35 * Math.max(0, 1 - lumen / 2);
    return;
  }
  const layer = Math.floor(deep / 6.5);
  const fibre = Math.sin(deep * 1.25 + 4 * grain);
  dyes.pas = 0.3 + 0.07 * fibre + 0.08 * grain +
    0.25 * Math.max(0, 1 + lumen / 2.5);
  const turn = Math.atan2(dv, du) / (2 * Math.PI) + 0.5;
  const slots = Math.max(5, Math.round((object.radius - deep) / 2.6));
  const slot = Math.floor(turn * slots + 0.37 * layer);
  const draw = chance(object.seed ^ layer, slot % slots, 0x52);
  dyes.nuclei = 0.07;
  if (draw > 0.55) return;
  const along = (turn * slots + 0.37 * layer - slot - 0.5) *
    2 * Math.PI * rho / slots;
  const across = deep - 6.5 * layer - 3.2;
  const away = Math.hypot(along / 3.1, across);
  dyes.nuclei += Math.min(1, Math.max(0, 1.9 - away)) * (0.6 + 0.4 * draw);
}
