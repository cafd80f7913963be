import { chance } from "./hash.ts";

/** Steps of the color table for each stain. */
export const stainSteps = 256;

/** The most of a stain that the color table holds. */
export const stainLimit = 2;

/** How one slide was stained, lit and focused. */
export interface Stain {
  /** RGB of each pair of stain amounts: `(pas * stainSteps + nuclei) * 3`. */
  readonly table: Uint8Array;
  /** Weight of the middle pixel in the 3×3 blur, where its neighbors in a row weigh 1. */
  readonly focus: number;
  /** Amplitude of the camera's noise, in gray levels. */
  readonly grain: number;
}

/**
 * Draws the staining of a slide: hue and strength of both dyes, lamp, focus and camera.
 *
 * Light through stained tissue fades as exp(−Σ amount · absorbance) (Beer and Lambert), magenta for periodic
 * acid-Schiff and blue-violet for hematoxylin in the nuclei.
 */
export function stain(seed: number): Stain {
  const vary = (index: number, spread: number): number =>
    (2 * chance(seed ^ 0x57a1, index, 0) - 1) * spread;
  const strength = 1 + vary(0, 0.2);
  const blue = 1 + vary(1, 0.22);
  const pas = [0.42 + vary(2, 0.09), 1.08 + vary(3, 0.1), 0.36 + vary(4, 0.09)];
  const nuclei = [
    0.98 + vary(5, 0.12),
    0.97 + vary(6, 0.1),
    0.44 + vary(7, 0.1),
  ];
  const lamp = 240 + vary(8, 8);
  const glass = [lamp + vary(9, 2), lamp + vary(10, 2), lamp + vary(11, 2)];
  const table = new Uint8Array(stainSteps * stainSteps * 3);
  const step = stainLimit / stainSteps;
  for (let p = 0, out = 0; p < stainSteps; p++) {
    for (let n = 0; n < stainSteps; n++) {
      for (let c = 0; c < 3; c++) {
        const density = p * step * pas[c] * strength +
          n * step * nuclei[c] * blue;
        table[out++] = Math.round(glass[c] * Math.exp(-density));
      }
    }
  }
  return {
    table,
    focus: 2 + Math.floor(4 * chance(seed ^ 0x57a1, 12, 0)),
    grain: 2 + 2.5 * chance(seed ^ 0x57a1, 13, 0),
  };
}
