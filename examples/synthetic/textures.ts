import { chance } from "./hash.ts";
import { noise } from "./noise.ts";

/** Side of every texture in pixels; they repeat, so a position is taken modulo this. */
export const textureSize = 512;

/** Patterns finer than an object, drawn once and then only looked up. */
export interface Textures {
  /** Fine grain of cytoplasm and stroma, -1..1. */
  readonly grain: Float32Array;
  /** Camera noise, about -1..1. */
  readonly camera: Float32Array;
  /** Matrix and capillary walls of a glomerular tuft. */
  readonly tuftPas: Float32Array;
  /** Nuclei of a tuft. */
  readonly tuftNuclei: Float32Array;
  /** Sparse, slender nuclei of the interstitium. */
  readonly stromaNuclei: Float32Array;
  /** Crowded round nuclei of inflamed interstitium. */
  readonly denseNuclei: Float32Array;
}

/** Draws the textures of a slide. */
export function textures(seed: number): Textures {
  const grain = field((x, y) =>
    0.6 * noise(seed ^ 0x11, x / 4, y / 4, textureSize / 4) +
    0.4 * (2 * chance(seed ^ 0x12, x, y) - 1)
  );
  const camera = field((x, y) =>
    chance(seed ^ 0x13, x, y) + chance(seed ^ 0x14, x, y) +
    chance(seed ^ 0x15, x, y) - 1.5
  );
  return {
    grain,
    camera,
    tuftPas: tuft(seed ^ 0x16),
    tuftNuclei: nuclei(seed ^ 0x17, grain, {
      cells: 44,
      share: 0.66,
      radius: 3.1,
      aspect: 1.25,
    }),
    stromaNuclei: nuclei(seed ^ 0x18, grain, {
      cells: 36,
      share: 0.5,
      radius: 2.7,
      aspect: 1.9,
    }),
    denseNuclei: nuclei(seed ^ 0x19, grain, {
      cells: 64,
      share: 0.85,
      radius: 2.7,
      aspect: 1.1,
    }),
  };
}

function field(value: (x: number, y: number) => number): Float32Array {
  const out = new Float32Array(textureSize * textureSize);
  for (let y = 0, i = 0; y < textureSize; y++) {
    for (let x = 0; x < textureSize; x++) out[i++] = value(x, y);
  }
  return out;
}

/** Half the difference between the distances to the nearest two of jittered points, and a number for the nearest. */
function cellEdge(
  seed: number,
  cells: number,
  x: number,
  y: number,
): [edge: number, cell: number] {
  const pitch = textureSize / cells;
  const column = Math.floor(x / pitch);
  const row = Math.floor(y / pitch);
  let first = 1e9;
  let second = 1e9;
  let cell = 0;
  for (let j = row - 1; j <= row + 1; j++) {
    for (let i = column - 1; i <= column + 1; i++) {
      const a = (i + cells) % cells;
      const b = (j + cells) % cells;
      const dx = (i + 0.1 + 0.8 * chance(seed, a, b)) * pitch - x;
      const dy = (j + 0.1 + 0.8 * chance(seed ^ 1, a, b)) * pitch - y;
      const distance = Math.hypot(dx, dy);
      if (distance < first) {
        second = first;
        first = distance;
        cell = chance(seed ^ 2, a, b);
      } else if (distance < second) second = distance;
    }
  }
  return [(second - first) / 2, cell];
}

/** Capillary loops in a magenta matrix, in lobules parted by pale clefts. */
function tuft(seed: number): Float32Array {
  return field((x, y) => {
    const u = x + 4 * noise(seed ^ 3, x / 16, y / 16, textureSize / 16);
    const v = y + 4 * noise(seed ^ 4, x / 16, y / 16, textureSize / 16);
    const [edge, cell] = cellEdge(seed, 40, clampTo(u), clampTo(v));
    const [cleft] = cellEdge(seed ^ 5, 9, clampTo(u), clampTo(v));
    const matrix = Math.max(
      0,
      noise(seed ^ 6, x / 32, y / 32, textureSize / 32) + 0.1,
    );
    const wall = unit(1.4 + 3.5 * matrix - edge);
    const lumen = cell < 0.3 ? 0.4 : 0.06 + 0.2 * cell;
    const inside = lumen + (0.62 + 0.3 * matrix - lumen) * wall;
    const open = unit((2.2 - cleft) / 1.2);
    return inside + (0.05 - inside) * open;
  });
}

function clampTo(value: number): number {
  return (value + textureSize) % textureSize;
}

function unit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

interface NucleiOptions {
  /** Cells of the jittered grid along a side. */
  readonly cells: number;
  /** Share of the cells that hold a nucleus. */
  readonly share: number;
  /** Mean radius in pixels. */
  readonly radius: number;
  /** Mean ratio of the long to the short axis. */
  readonly aspect: number;
}

function nuclei(
  seed: number,
  grain: Float32Array,
  { cells, share, radius, aspect }: NucleiOptions,
): Float32Array {
  const out = new Float32Array(textureSize * textureSize);
  const pitch = textureSize / cells;
  const mask = textureSize - 1;
  for (let j = 0; j < cells; j++) {
    for (let i = 0; i < cells; i++) {
      if (chance(seed, i, j) > share) continue;
      const cx = (i + chance(seed ^ 1, i, j)) * pitch;
      const cy = (j + chance(seed ^ 2, i, j)) * pitch;
      const size = radius * (0.8 + 0.4 * chance(seed ^ 3, i, j));
      const stretch = Math.sqrt(aspect * (0.8 + 0.4 * chance(seed ^ 4, i, j)));
      const angle = Math.PI * chance(seed ^ 5, i, j);
      const dark = 0.75 + 0.35 * chance(seed ^ 6, i, j);
      const reach = Math.ceil(size * stretch + 1);
      const cos = Math.cos(angle) / stretch;
      const sin = Math.sin(angle) / stretch;
      for (let y = Math.floor(cy) - reach; y <= cy + reach; y++) {
        for (let x = Math.floor(cx) - reach; x <= cx + reach; x++) {
          const u = (x - cx) * cos + (y - cy) * sin;
          const v = ((y - cy) * cos - (x - cx) * sin) * stretch * stretch;
          const cover = unit(size - Math.hypot(u, v) + 0.5);
          const at = (y & mask) * textureSize + (x & mask);
          const value = cover * dark * (0.9 + 0.25 * grain[at]);
          if (value > out[at]) out[at] = value;
        }
      }
    }
  }
  return out;
}
