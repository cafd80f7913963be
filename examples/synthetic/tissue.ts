import { chance } from "./hash.ts";
import { noise } from "./noise.ts";

/** Slow changes over a slide, each a function of a level-0 position. */
export interface Tissue {
  /** About how many pixels lie between a position and the tissue's edge; negative on the glass. */
  depth(x: number, y: number): number;
  /** Strength of the stain, 1 on average. */
  strength(x: number, y: number): number;
  /** Inflammation of the interstitium, 0..1, mostly 0. */
  inflamed(x: number, y: number): number;
  /** Share of the glomerulus sites that are taken, 0..1; low in the medulla. */
  cortex(x: number, y: number): number;
}

interface Fragment {
  readonly x: number;
  readonly y: number;
  readonly cos: number;
  readonly sin: number;
  readonly a: number;
  readonly b: number;
}

/** Draws the outline of the tissue on a slide (two fragments on a big one) and the slow fields in it. */
export function tissue(seed: number, width: number, height: number): Tissue {
  const base = seed ^ 0x71550e;
  const vary = (index: number, spread: number): number =>
    (2 * chance(base, index, 0) - 1) * spread;
  const place = (
    index: number,
    x: number,
    y: number,
    a: number,
    b: number,
  ): Fragment => {
    const angle = vary(index, 0.35);
    return {
      x: (x + vary(index + 1, 0.02)) * width,
      y: (y + vary(index + 2, 0.02)) * height,
      cos: Math.cos(angle),
      sin: Math.sin(angle),
      a: a * width,
      b: b * height,
    };
  };
  const side = Math.min(width, height);
  const fragments = side < 3000
    ? [place(0, 0.5, 0.5, 0.46, 0.44)]
    : [place(0, 0.4, 0.47, 0.33, 0.4), place(3, 0.86, 0.74, 0.1, 0.16)];
  const coarse = 0.3 * side;
  const fine = Math.max(60, 0.06 * side);
  return {
    depth(x, y) {
      const ragged = 0.14 * noise(base ^ 1, x / coarse, y / coarse) +
        0.045 * noise(base ^ 2, x / fine, y / fine);
      let depth = -1e9;
      for (const { x: cx, y: cy, cos, sin, a, b } of fragments) {
        const u = ((x - cx) * cos + (y - cy) * sin) / a;
        const v = ((y - cy) * cos - (x - cx) * sin) / b;
        const inside = (1 + ragged - Math.hypot(u, v)) * Math.min(a, b);
        if (inside > depth) depth = inside;
      }
      return depth + 7 * noise(base ^ 3, x / 45, y / 45);
    },
    strength: (x, y) =>
      1 + 0.13 * noise(base ^ 4, x / 900, y / 900) +
      0.05 * noise(base ^ 5, x / 190, y / 190),
    inflamed(x, y) {
      const n = noise(base ^ 6, x / 260, y / 260);
      return n < 0.6 ? 0 : Math.min(1, (n - 0.6) * 5);
    },
    cortex(x, y) {
      const n = noise(base ^ 7, x / 1500, y / 1500);
      return Math.min(0.56, Math.max(0.3, 0.42 + 0.4 * n));
    },
  };
}
