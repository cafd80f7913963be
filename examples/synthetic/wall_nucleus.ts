import { chance } from "./hash.ts";

/** Hematoxylin of the nuclei in an epithelium's row, one an angular slot. */
export function wallNucleus(
  angle: number,
  deep: number,
  slots: number,
  seed: number,
  radius: number,
  middle: number,
  grain: number,
): number {
  const turn = (angle / (2 * Math.PI) + 0.5) * slots;
  const slot = Math.min(slots - 1, Math.floor(turn));
  const draw = chance(seed, slot, 0x51);
  if (draw > 0.78) return 0;
  const center = slot + 0.3 + 0.5 * draw;
  const room = 2 * Math.PI * radius / slots;
  const along = (turn - center) * room;
  const across = deep - middle - 2.4 * (draw - 0.4);
  const away = Math.hypot(along, across * 1.1);
  // Where slots grow narrow near the middle, nuclei would be wedges.
  const cover = Math.min(1, Math.max(0, 3.7 - away)) *
    Math.min(1, Math.max(0, (room - 4.5) / 2));
  return cover * (0.62 + 0.3 * draw) * (0.9 + 0.25 * grain);
}
