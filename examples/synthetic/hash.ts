/**
 * A well-mixed 32-bit hash of three integers: the only source of randomness in the synthetic slide, so that any pixel
 * can be made alone.
 */
export function hash(seed: number, a: number, b: number): number {
  let h = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(a | 0, 0x85ebca6b) ^
    Math.imul(b | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15) ^ Math.imul(b | 0, 0x27d4eb2f), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** {@linkcode hash} as a number in 0..1, 1 excluded. */
export function chance(seed: number, a: number, b: number): number {
  return hash(seed, a, b) / 4294967296;
}
