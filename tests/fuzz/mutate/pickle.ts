import { unzipSync, zipSync } from "fflate";
import type { Dice } from "../dice.ts";
import type { Bytes, Mutate } from "../reader.ts";
import { damageBytes, oddNumber, replaceRange } from "./bytes.ts";

/** The opcodes of pickle, all protocols. */
const OPCODES = [
  ..."(.012FIJKLMNPQRSTUVXabcd}eghijloprstu])",
  ..."\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f",
  ..."\x90\x91\x92\x93\x94\x95\x96\x97\x98BCG",
].map((letter) => letter.charCodeAt(0));

/** Parts that mean something. */
const PARTS = [
  ...["ctorch._utils\n_rebuild_tensor_v2\n", "ccollections\nOrderedDict\n"],
  ...["cos\nsystem\n", "ctorch\nFloatStorage\n", "I99999999999999999999\n"],
  ...["(", ")", "}", "]", "(t", "R", "Q", "2", "0", "\x85", "\x94", "h\0"],
  ...[
    "X\xff\xff\xff\x7f",
    "\x8a\xff",
    "L1L\n",
    "F1e400\n",
    "r\xff\xff\xff\x7f",
  ],
];

/** Changes the opcodes of a pickle, wherever they are in a file. */
export const mutatePickle: Mutate = (input, dice) => {
  const at = dice.roll(input.length + 1);
  const part = Uint8Array.from(
    dice.pick(PARTS),
    (letter) => letter.charCodeAt(0),
  );
  const kind = dice.roll(4);
  if (kind === 0) return replaceRange(input, [at, at], part);
  if (kind === 1) { // many of it
    const count = dice.pick([10, 300, 5000]);
    const many = new Uint8Array(part.length * count);
    for (let i = 0; i < count; i++) many.set(part, i * part.length);
    return replaceRange(input, [at, at], many);
  }
  const copy = input.slice();
  if (copy.length > 0) copy[dice.roll(copy.length)] = dice.pick(OPCODES);
  return copy;
};

/** Changes the pickle within a zip, which stays sound. */
export const mutateZippedPickle: Mutate = (input, dice) => {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(input);
  } catch {
    return damageBytes(input, dice);
  }
  const name = Object.keys(entries).find((name) => name.endsWith("data.pkl"));
  if (!name) return damageBytes(input, dice);
  const pickle = entries[name] as Bytes;
  entries[name] = dice.once(4)
    ? damageBytes(pickle, dice)
    : mutatePickle(pickle, dice);
  return new Uint8Array(zipSync(entries, { level: dice.once(4) ? 6 : 0 }));
};

/** Changes the headers of a zip: those of its entries, its directory, and its end. */
export const mutateZip: Mutate = (input, dice) => {
  const places: number[] = [];
  for (let at = 0; at + 4 <= input.length; at++) {
    if (input[at] === 0x50 && input[at + 1] === 0x4b) places.push(at);
  }
  if (places.length === 0) return damageBytes(input, dice);
  return setNear(input, dice.pick(places), dice);
};

function setNear(input: Bytes, at: number, dice: Dice): Bytes {
  const copy = input.slice();
  const view = new DataView(copy.buffer);
  const place = at + 4 + dice.roll(42);
  if (place + 4 > copy.length) return damageBytes(input, dice);
  if (dice.once(2)) view.setUint32(place, oddNumber(dice), true);
  else view.setUint16(place, oddNumber(dice) & 0xffff, true);
  return copy;
}
