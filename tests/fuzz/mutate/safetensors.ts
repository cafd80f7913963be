import type { Dice } from "../dice.ts";
import type { Mutate } from "../reader.ts";
import { damageBytes, replaceRange } from "./bytes.ts";
import { changeJson } from "./json.ts";
import { changeText, toBytes } from "./text.ts";

const WORDS = [
  ...['"F32"', '"F16"', '"BF16"', '"U8"', '"BOOL"', '"F8"', '"dtype"'],
  ...['"shape"', '"data_offsets"', '"__metadata__"', "0,", "[0,0]"],
];

/** Changes the JSON of a safetensors file; its length stays right. */
export const mutateSafetensors: Mutate = (input, dice) => {
  if (input.length < 10) return damageBytes(input, dice);
  const length = new DataView(input.buffer, input.byteOffset).getUint32(
    0,
    true,
  );
  const header = input.subarray(8, 8 + length);
  const text = changeHeader(new TextDecoder().decode(header), dice);
  const changed = replaceRange(input, [8, 8 + header.length], toBytes(text));
  const view = new DataView(changed.buffer);
  view.setUint32(0, toBytes(text).length, true);
  return changed;
};

/** Changes a value, or tokens, so that it may no longer be JSON. */
function changeHeader(text: string, dice: Dice): string {
  if (dice.once(3)) return changeText(text, WORDS, dice);
  try {
    return changeJson(text, dice);
  } catch {
    return changeText(text, WORDS, dice);
  }
}
