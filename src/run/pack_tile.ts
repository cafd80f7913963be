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
  /** One byte per pixel of the center, 0 or 1. */
  readonly mask: Uint8Array;
  /** Probability of each pixel, 0 to 255. */
  readonly probability8?: Uint8Array;
}

/** Packs a tile's mask as the lengths of its runs, and its probabilities, deflated. */
export async function packTile(
  { tile, mask, probability8 }: JournalTile,
  probability: KeptProbability,
): Promise<Uint8Array> {
  const side = tileSpan(tile);
  const gaps: number[] = [];
  const kept: Uint8Array[] = [];
  const runs = new RowRuns(side);
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
  if (probability === "everywhere") kept.push(probability8!);
  const mask8 = packVarints([gaps.length / 2, ...gaps]);
  if (probability === "none") return mask8;
  return concat([mask8, await deflate(concat(kept))]);
}

/** Makes a tile of what {@linkcode packTile} packed. */
export async function unpackTile(
  payload: Uint8Array,
  tile: TilePosition,
  probability: KeptProbability,
): Promise<JournalTile> {
  const count = tileSpan(tile) ** 2;
  const mask = new Uint8Array(count);
  const runs = new Varints(payload);
  const ranges: (readonly [start: number, end: number])[] = [];
  let at = 0;
  for (let left = runs.next(); left > 0; left--) {
    const start = at + runs.next();
    at = start + runs.next();
    mask.fill(1, start, at);
    ranges.push([start, at]);
  }
  if (probability === "none") return { tile, mask };
  const rest = await inflate(payload.subarray(runs.at));
  if (probability === "everywhere") {
    return { tile, mask, probability8: rest };
  }
  const probability8 = new Uint8Array(count);
  let taken = 0;
  for (const [start, end] of ranges) {
    probability8.set(rest.subarray(taken, taken += end - start), start);
  }
  return { tile, mask, probability8 };
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
