/** How four pixels become one: the brightest of them, or their mean. */
export type HalvingRule = "max" | "mean";

/** A tile, and the quarter of the next level's tile that it becomes. */
export interface HalveTileOptions {
  /** Side of both tiles in pixels. */
  readonly tileSize: number;
  /** Bytes per pixel. */
  readonly samples: number;
  /** Whether the quarter is a right one. */
  readonly right: boolean;
  /** Whether it is a lower one. */
  readonly lower: boolean;
  /** How four pixels become one. */
  readonly rule: HalvingRule;
}

/** Reduces a tile by two each way into a quarter of another; means are rounded, halves up. */
export function halveTile(
  from: Uint8Array,
  to: Uint8Array,
  options: HalveTileOptions,
): void {
  const { tileSize, samples, right, lower, rule } = options;
  const stride = tileSize * samples;
  const half = tileSize / 2;
  const first = (lower ? half * stride : 0) + (right ? half * samples : 0);
  for (let y = 0; y < half; y++) {
    let a = y * 2 * stride; // The upper left of four.
    let at = first + y * stride;
    for (let x = 0; x < half; x++, a += samples) {
      for (let k = 0; k < samples; k++, a++, at++) {
        const b = a + samples, c = a + stride, d = b + stride;
        to[at] = rule === "max"
          ? Math.max(from[a], from[b], from[c], from[d])
          : (from[a] + from[b] + from[c] + from[d] + 2) >>> 2;
      }
    }
  }
}

/** Fills a quarter of a tile with one value, as `halveTile()` does with a tile of that value. */
export function fillQuarter(
  to: Uint8Array,
  value: number,
  options: Omit<HalveTileOptions, "rule">,
): void {
  const { tileSize, samples, right, lower } = options;
  const stride = tileSize * samples;
  const first = (lower ? tileSize / 2 * stride : 0) + (right ? stride / 2 : 0);
  for (let y = 0, at = first; y < tileSize / 2; y++, at += stride) {
    to.fill(value, at, at + stride / 2);
  }
}
