import type { Dice } from "../dice.ts";
import type { Bytes, Mutate } from "../reader.ts";

/** Numbers at which readers err. */
const ODD = [
  ...[0, 1, 2, 3, 7, 8, 16, 127, 128, 255, 256, 4096, 32767, 32768, 65535],
  ...[65536, 2 ** 24, 2 ** 28, 2 ** 29, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1],
];

/** An integer of 32 bits: an odd one, a small one, or any. */
export function oddNumber(dice: Dice): number {
  const kind = dice.roll(4);
  if (kind < 2) return dice.pick(ODD);
  return kind === 2 ? dice.roll(64) : dice.roll(2 ** 32);
}

/** Puts bytes in the place of a range. */
export function replaceRange(
  input: Bytes,
  [from, to]: readonly [number, number],
  bytes: Uint8Array,
): Bytes {
  const result = new Uint8Array(input.length - (to - from) + bytes.length);
  result.set(input.subarray(0, from));
  result.set(bytes, from);
  result.set(input.subarray(to), from + bytes.length);
  return result;
}

/** Damages an input without knowing what it is. */
export const damageBytes: Mutate = (input, dice) => {
  if (input.length === 0) return Uint8Array.of(dice.roll(256));
  const from = dice.roll(input.length);
  const to = Math.min(input.length, from + 1 + dice.roll(dice.pick([4, 64])));
  const copy = input.slice();
  const view = new DataView(copy.buffer);
  switch (dice.roll(8)) {
    case 0:
      return input.slice(0, dice.roll(input.length + 1));
    case 1:
      return replaceRange(input, [from, to], new Uint8Array());
    case 2: // once more
      return replaceRange(input, [to, to], input.subarray(from, to));
    case 3:
      copy.fill(dice.pick([0, 255, dice.roll(256)]), from, to);
      return copy;
    case 4:
      if (input.length < 4) return copy.fill(dice.roll(256));
      view.setUint32(
        dice.roll(input.length - 3),
        oddNumber(dice),
        dice.once(2),
      );
      return copy;
    case 5:
      if (input.length < 2) return copy.fill(dice.roll(256));
      view.setUint16(
        dice.roll(input.length - 1),
        oddNumber(dice) & 0xffff,
        dice.once(2),
      );
      return copy;
    case 6: // one bit
      copy[from] ^= 1 << dice.roll(8);
      return copy;
    default:
      for (let times = 1 + dice.roll(8); times > 0; times--) {
        copy[dice.roll(copy.length)] = dice.roll(256);
      }
      return copy;
  }
};

/** The beginning of one input, and the end of another. */
export function splice(input: Bytes, other: Bytes, dice: Dice): Bytes {
  const head = input.subarray(0, dice.roll(input.length + 1));
  const tail = other.subarray(dice.roll(other.length + 1));
  return replaceRange(head.slice(), [head.length, head.length], tail);
}
