import { chance } from "./hash.ts";

/** Smooth value noise in -1..1 with one lattice point a unit; with `period`, it repeats after that many units. */
export function noise(
  seed: number,
  x: number,
  y: number,
  period = 0,
): number {
  let x0 = Math.floor(x);
  let y0 = Math.floor(y);
  const u = fade(x - x0);
  const v = fade(y - y0);
  let x1 = x0 + 1;
  let y1 = y0 + 1;
  if (period > 0) {
    x0 = wrap(x0, period);
    x1 = wrap(x1, period);
    y0 = wrap(y0, period);
    y1 = wrap(y1, period);
  }
  const a = chance(seed, x0, y0);
  const b = chance(seed, x1, y0);
  const c = chance(seed, x0, y1);
  const d = chance(seed, x1, y1);
  const top = a + (b - a) * u;
  return 2 * (top + (c + (d - c) * u - top) * v) - 1;
}

function fade(t: number): number {
  return t * t * t * (t * (6 * t - 15) + 10);
}

function wrap(value: number, period: number): number {
  return ((value % period) + period) % period;
}
