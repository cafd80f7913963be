import type { Dyes, Spot } from "./dyes.ts";
import { outlineRadius } from "./outline_radius.ts";
import type { RoundObject } from "./round_objects.ts";
import { type Textures, textureSize } from "./textures.ts";
import { wallNucleus } from "./wall_nucleus.ts";

const wrap = textureSize - 1;

/** Dyes in a glomerulus: Bowman's capsule with its flat nuclei, the pale space in it, and the tuft. */
export function paintGlomerulus(
  object: RoundObject,
  { x, y, wx, wy, deep, grain }: Spot,
  textures: Textures,
  dyes: Dyes,
): void {
  const capsule = 0.55 * Math.max(0, 1 - Math.abs(deep - 1) / 2.4);
  const du = wx - object.innerX;
  const dv = wy - object.innerY;
  const tuft = outlineRadius(object.inner, du, dv) - Math.hypot(du, dv) +
    1.5 * grain;
  if (tuft < 0) {
    dyes.pas = 0.05 + 0.02 * grain + capsule +
      0.35 * Math.max(0, 1 + tuft / 2);
    dyes.nuclei = 0.02;
    if (deep < 6) {
      dyes.nuclei += 0.7 * wallNucleus(
        Math.atan2(wy - object.y, wx - object.x),
        deep * 2,
        Math.round(object.radius / 3.2),
        object.seed,
        object.radius,
        6,
        grain,
      );
    }
    return;
  }
  const tx = object.seed & 1 ? x : -x;
  const ty = object.seed & 2 ? y : -y;
  const swap = (object.seed & 4) !== 0;
  const at = (((swap ? tx : ty) + (object.seed >> 3)) & wrap) * textureSize +
    (((swap ? ty : tx) + (object.seed >> 12)) & wrap);
  const scar = object.filled;
  const matrix = textures.tuftPas[at];
  dyes.pas = matrix + (0.72 + 0.12 * grain - matrix) * scar + capsule +
    0.3 * Math.max(0, 1 - tuft / 2);
  dyes.nuclei = 0.08 + textures.tuftNuclei[at] * (1 - 0.75 * scar);
}
