import type { MaskPolygon } from "./mask_polygon.ts";
import { outlineLength } from "./outline_length.ts";

/** The connected pixels so far, and the closed rings around them. */
export interface Part {
  /** The part that this one was found to belong to. */
  into: Part | undefined;
  rings: Int32Array[];
  /** The last changed row it was seen in. */
  y: number;
  /** Sum of its pixels' probabilities, 0 to 255 each; NaN where a band has none. */
  sum: number;
}

/** Makes one of two parts, roots both. */
export function joinParts(a: Part, b: Part | undefined): Part {
  if (!b || a === b) return a;
  const [kept, gone] = a.rings.length >= b.rings.length ? [a, b] : [b, a];
  for (const ring of gone.rings) kept.rings.push(ring);
  gone.rings = [];
  kept.sum += gone.sum;
  gone.into = kept;
  return kept;
}

/** The part that a part belongs to by now. */
export function rootOf(part: Part): Part {
  let root = part;
  while (root.into) root = root.into;
  while (part !== root) { // Shortens the next search.
    const next = part.into!;
    part.into = root;
    part = next;
  }
  return root;
}

/** The object that a part has become. */
export function polygonOf({ rings, sum }: Part): MaskPolygon {
  let area = 0;
  const outerFirst: Int32Array[] = [];
  for (const ring of rings) {
    let twice = 0;
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      twice += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
    }
    area += twice / 2;
    if (twice > 0) outerFirst.unshift(ring);
    else outerFirst.push(ring);
  }
  const probability = sum / 255 / area;
  return {
    rings: outerFirst,
    area,
    perimeter: outlineLength(rings),
    ...(!Number.isNaN(probability) && { probability }),
  };
}
