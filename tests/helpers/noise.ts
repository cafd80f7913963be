/** A picture of seeded noise, so that no two pixels are mixed up unnoticed. */
export function noise(width: number, height: number, samples = 3): Uint8Array {
  let state = width * 31 + height * 17 + samples;
  return Uint8Array.from({ length: width * height * samples }, () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return state >>> 24;
  });
}
