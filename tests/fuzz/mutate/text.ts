import type { Dice } from "../dice.ts";
import type { Bytes, Mutate } from "../reader.ts";
import { damageBytes } from "./bytes.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function toBytes(text: string): Bytes {
  return encoder.encode(text);
}

/** Words, numbers, quoted texts, and single characters. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[\w.+-]+|\s+|[^]/g;

/** What stands in the place of a token, whatever the format. */
const ODD = [
  ...["", "0", "-1", "1e400", "1e308", "-0", "0.5", "null", "true"],
  ...["4294967296", "9007199254740993", "1e21", "999999999999999999999999"],
  ...['""', "[]", "{}", "[[]]", "\0", "\ufeff", "\r", "\n", "\\", "'", "%"],
  ...['"__proto__"', '"constructor"', "toString", "\u202e", "\ud800", "é"],
];

/** Changes tokens of a text, with those that a format knows among the new ones. */
export function mutateText(words: readonly string[]): Mutate {
  return (input, dice) => {
    const text = decoder.decode(input);
    return toBytes(changeText(text, words, dice));
  };
}

export function changeText(
  text: string,
  words: readonly string[],
  dice: Dice,
): string {
  if (text.length > 1 << 16) {
    return decoder.decode(damageBytes(toBytes(text), dice));
  }
  const tokens = text.match(TOKEN) ?? [""];
  const at = dice.roll(tokens.length);
  const token = () => dice.pick(dice.once(2) ? words : ODD);
  const span = 1 + dice.roll(8);
  switch (dice.roll(8)) {
    case 0:
      tokens.splice(at, span);
      break;
    case 1: // once more
      tokens.splice(at, 0, ...tokens.slice(at, at + span));
      break;
    case 2:
      tokens.splice(at, 0, token());
      break;
    case 3: { // swapped
      const other = dice.roll(tokens.length);
      [tokens[at], tokens[other]] = [tokens[other], tokens[at]];
      break;
    }
    case 4: // many times
      tokens[at] = bait(tokens.slice(at, at + 1 + dice.roll(4)).join(""), dice);
      break;
    case 5:
      tokens[at] = bait(token(), dice);
      break;
    default:
      tokens[at] = token();
  }
  return tokens.join("");
}

/** A text many times over: a few, seldom so many that a reader that is not linear takes seconds. */
export function bait(text: string, dice: Dice): string {
  const length = dice.once(200) ? 200_000 : dice.pick([20, 300, 3000]);
  return text.repeat(1 + Math.floor(length / (text.length + 1)));
}

/** Long runs and nests of the words of a format, about 300,000 characters each. */
export function attackTexts(
  words: readonly string[],
  { start = "" }: { readonly start?: string } = {},
): string[] {
  const fill = (text: string) => text.repeat(Math.ceil(300_000 / text.length));
  const runs = [
    ...words,
    " ",
    "\0",
    "\n",
    "9",
    "a",
    '"',
    "[",
    "{",
    "<",
    "\\",
    "&",
  ];
  return runs.filter((word) => word !== "").map((word) =>
    // Patterns that look for an end try again from each place if another character is there.
    start + fill(word) + "~"
  );
}
