import type { Mutate } from "../reader.ts";
import { damageBytes, oddNumber, replaceRange } from "./bytes.ts";

/** Changes the length or the value of an explicit element, its tag, or takes elements out or twice. */
export const mutateDicom: Mutate = (input, dice) => {
  const elements: number[] = [];
  for (let at = 0; at + 8 <= input.length; at += 2) {
    const isKind = [4, 5].every((i) =>
      input[at + i] >= 65 && input[at + i] < 91
    );
    if (isKind) elements.push(at);
  }
  if (elements.length === 0) return damageBytes(input, dice);
  const i = dice.roll(elements.length);
  const at = elements[i];
  const next = elements[i + 1] ?? Math.min(input.length, at + 16);
  const copy = input.slice();
  const view = new DataView(copy.buffer);
  switch (dice.roll(6)) {
    case 0:
      view.setUint16(at + 6, oddNumber(dice) & 0xffff, true);
      return copy;
    case 1:
      if (at + 12 <= copy.length) view.setUint32(at + 8, oddNumber(dice), true);
      return copy;
    case 2: {
      const other = dice.pick(elements);
      copy.set(input.subarray(other, other + 4), at);
      return copy;
    }
    case 3:
      return replaceRange(input, [at, next], new Uint8Array());
    case 4:
      return replaceRange(input, [next, next], input.subarray(at, next));
    default: {
      // Digits of texts, such as numbers of frames and spacings.
      const value = at + 8 + dice.roll(Math.max(1, next - at - 8));
      if (value < copy.length) {
        copy[value] = dice.pick([...toCodes("0919.\\-e")]);
      }
      return copy;
    }
  }
};

function toCodes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
