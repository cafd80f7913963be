import type { EvaluationCounts } from "../evaluate/evaluate_counts.ts";
import type { MatchedObject } from "../evaluate/object_matcher.ts";
import {
  uncertaintyOf,
  type UncertaintySummary,
} from "../masks/uncertainty.ts";
import type { Slide } from "../slide/slide.ts";
import { type TilePosition, tileSpan } from "../tiles/plan_tiles.ts";

/** Pixels are uncertain whose probability is at most this far from the threshold. */
export const UNCERTAIN_WITHIN = 0.1;

/**
 * For each of 256 probabilities, 1 if a pixel of it is uncertain. Those of probability 0 never are: tiles without tissue, and
 * what is outside of a region, have it.
 */
export function uncertainBytes(threshold: number): Uint8Array {
  return Uint8Array.from(
    { length: 256 },
    (_, byte) =>
      byte > 0 && Math.abs(byte / 255 - threshold) <= UNCERTAIN_WITHIN ? 1 : 0,
  );
}

/** Whether an object's mean probability is nearer to the threshold than to 1; not if it is unknown. */
export function isUncertain(
  { probability = 1 }: { readonly probability?: number },
  threshold: number,
): boolean {
  return probability < (1 + threshold) / 2;
}

/** Counts the uncertain pixels of a tile that are on the slide. */
export function countUncertain(
  { tile, probability8 }: {
    readonly tile: TilePosition;
    readonly probability8: Uint8Array;
  },
  { uncertain, width, height }: {
    /** From {@linkcode uncertainBytes}. */
    readonly uncertain: Uint8Array;
    /** The slide's width. */
    readonly width: number;
    /** The slide's height. */
    readonly height: number;
  },
): number {
  const span = tileSpan(tile);
  const left = Math.max(0, -tile.x), right = Math.min(span, width - tile.x);
  const top = Math.max(0, -tile.y), bottom = Math.min(span, height - tile.y);
  let count = 0;
  for (let y = top; y < bottom; y++) {
    for (let at = y * span + left; at < y * span + right; at++) {
      count += uncertain[probability8[at]];
    }
  }
  return count;
}

/** Counts the slide's pixels of a tile where some networks are above the threshold, and others are not. */
export function countDisagreement(
  { tile, votes8 }: {
    readonly tile: TilePosition;
    /** As `predictTiles()` gives them. */
    readonly votes8: Uint8Array;
  },
  { width, height }: { readonly width: number; readonly height: number },
): number {
  const { size } = tile;
  const scale = tileSpan(tile) / size;
  const isOn = (at: number, end: number) => at >= 0 && at < end;
  let count = 0;
  for (let y = 0, i = 0; y < size; y++) {
    const isRow = isOn(tile.y + (y + 0.5) * scale, height);
    for (let x = 0; x < size; x++, i++) {
      if (votes8[i] === 0 || votes8[i] === 255) continue;
      if (isRow && isOn(tile.x + (x + 0.5) * scale, width)) count++;
    }
  }
  return Math.round(count * scale * scale);
}

/** What is uncertain about a slide whose predictions are evaluated. */
export class Review {
  readonly #threshold: number | undefined;
  #objects = 0;
  /** Pixels of which networks disagree, if that is known. */
  disagreementPx: number | undefined;

  /** Counts nothing if the threshold is unknown. */
  constructor(threshold: number | undefined) {
    this.#threshold = threshold;
  }

  /** Takes a matched object. */
  add({ kind, polygon }: MatchedObject): void {
    const threshold = this.#threshold;
    if (kind === "miss" || threshold === undefined) return;
    if (isUncertain(polygon, threshold)) this.#objects++;
  }

  /** What is uncertain, once all is counted; `undefined` if probabilities or threshold are unknown. */
  of(
    { histograms, unknown }: EvaluationCounts,
    slide: Pick<Slide, "mpp">,
  ): UncertaintySummary | undefined {
    if (!histograms || this.#threshold === undefined) return undefined;
    const uncertain = uncertainBytes(this.#threshold);
    const [outside, inside] = histograms;
    const areaPx = uncertain.reduce(
      (sum, one, byte) =>
        sum + one * (outside[byte] + inside[byte] + (unknown?.[byte] ?? 0)),
      0,
    );
    const { disagreementPx } = this;
    return uncertaintyOf(
      { areaPx, disagreementPx, objects: this.#objects },
      slide,
    );
  }
}
