import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { RowRuns } from "../masks/mask_band.ts";
import { type TilePosition, tileSpan } from "../tiles/plan_tiles.ts";

/**
 * Which probabilities are kept: of no pixel, of the mask's, or of all.
 *
 * @category Segmentation
 */
export type KeptProbability = "none" | "objects" | "everywhere";

/**
 * A finished tile: its mask, and its probabilities as bytes.
 *
 * @category Segmentation
 */
export interface JournalTile {
  /** Where the tile lies. */
  readonly tile: TilePosition;
  /** One byte per pixel of the center: the number of its class, from 1, or 0 for background. */
  readonly mask: Uint8Array;
  /** Probability of each pixel, 0 to 255; with several classes, the highest. */
  readonly probability8?: Uint8Array;
  /** The same for each of several classes. */
  readonly probabilities8?: readonly Uint8Array[];
  /** Pixels on the slide whose probability is near the threshold, if probabilities are kept. */
  readonly uncertainPx?: number;
  /** Pixels on the slide of which the networks of an ensemble disagree, if that is known. */
  readonly disagreementPx?: number;
}

/**
 * What is kept of tiles.
 *
 * @category Segmentation
 */
export interface KeptTiles {
  /** Which probabilities are kept: of no pixel, of the mask's, or of all. */
  readonly probability: KeptProbability;
  /** Number of classes. Default: 1. */
  readonly classes?: number;
}

/**
 * Packs a tile's mask as the lengths of its runs, class by class, and its probabilities, deflated; before them, with
 * probabilities, the numbers of uncertain pixels.
 */
export async function packTile(
  { tile, mask, probability8, probabilities8, ...of }: JournalTile,
  { probability, classes = 1 }: KeptTiles,
): Promise<Uint8Array> {
  const side = tileSpan(tile);
  const packed: number[] = probability === "none"
    ? []
    : [of.uncertainPx ?? 0, (of.disagreementPx ?? -1) + 1];
  const kept: Uint8Array[] = [];
  for (let value = 1; value <= classes; value++) {
    const gaps: number[] = [];
    const runs = new RowRuns(side, value);
    runs.setMask(mask);
    let last = 0;
    for (let row = 0; row < side; row++) {
      runs.scan(row * side, (row + 1) * side);
      for (let i = 0; i < runs.count; i += 2) {
        const start = row * side + runs.edges[i];
        const end = row * side + runs.edges[i + 1];
        gaps.push(start - last, end - start);
        if (probability === "objects") {
          kept.push(probability8!.subarray(start, end));
        }
        last = end;
      }
    }
    packed.push(gaps.length / 2);
    for (const gap of gaps) packed.push(gap);
  }
  if (probability === "everywhere") {
    kept.push(...classes > 1 ? probabilities8! : [probability8!]);
  }
  const mask8 = packVarints(packed);
  if (probability === "none") return mask8;
  return concat([mask8, await deflate(concat(kept))]);
}

/** Makes a tile of what {@linkcode packTile} packed. */
export async function unpackTile(
  payload: Uint8Array,
  tile: TilePosition,
  { probability, classes = 1 }: KeptTiles,
): Promise<JournalTile> {
  const count = tileSpan(tile) ** 2;
  const mask = new Uint8Array(count);
  const runs = new Varints(payload);
  const [uncertainPx, disagreement] = probability === "none"
    ? []
    : [runs.next(), runs.next()];
  const disagreementPx = disagreement ? disagreement - 1 : undefined;
  const uncertain = { uncertainPx, disagreementPx };
  const ranges: (readonly [start: number, end: number])[] = [];
  for (let value = 1; value <= classes; value++) {
    let at = 0;
    for (let left = runs.next(); left > 0; left--) {
      const start = at + runs.next();
      at = start + runs.next();
      mask.fill(value, start, at);
      ranges.push([start, at]);
    }
  }
  if (probability === "none") return { tile, mask };
  const rest = await inflate(payload.subarray(runs.at));
  if (probability === "everywhere" && classes === 1) {
    return { tile, mask, probability8: rest, ...uncertain };
  }
  const probability8 = new Uint8Array(count);
  if (probability === "everywhere") {
    const probabilities8 = Array.from(
      { length: classes },
      (_, k) => rest.subarray(k * count, (k + 1) * count),
    );
    // The byte of the highest is the highest of the bytes.
    for (const plane of probabilities8) {
      for (let i = 0; i < count; i++) {
        probability8[i] = Math.max(probability8[i], plane[i]);
      }
    }
    return { tile, mask, probability8, probabilities8, ...uncertain };
  }
  let taken = 0;
  for (const [start, end] of ranges) {
    probability8.set(rest.subarray(taken, taken += end - start), start);
  }
  return { tile, mask, probability8, ...uncertain };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Writes numbers in seven bits a byte, low bits first. */
function packVarints(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (let value of values) {
    for (; value > 127; value = Math.floor(value / 128)) {
      bytes.push(value % 128 | 128);
    }
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}

/** Reads numbers that {@linkcode packVarints} wrote. */
class Varints {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }
}

const deflate = promisify<Uint8Array, Uint8Array>((bytes, done) =>
  deflateRaw(bytes, { level: 1 }, done)
);
const inflate = promisify<Uint8Array, Uint8Array>((bytes, done) =>
  inflateRaw(bytes, done)
);
