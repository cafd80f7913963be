import type { Dice } from "../dice.ts";
import type { Mutate } from "../reader.ts";
import { damageBytes } from "./bytes.ts";
import { toBytes } from "./text.ts";

const ODD = [
  ...[null, true, 0, -1, 0.5, 1e308, 2 ** 53, "", "a", [], {}, [[]], [null]],
  ...["\0", "\x1b[2J", "\u202e", "x".repeat(3000), [1, 2, 3], { type: 1 }],
];

/** Changes a value of a JSON text, which stays JSON. */
export const mutateJson: Mutate = (input, dice) => {
  try {
    return toBytes(changeJson(new TextDecoder().decode(input), dice));
  } catch {
    return damageBytes(input, dice);
  }
};

/** @throws {SyntaxError} If the text is no JSON. */
export function changeJson(text: string, dice: Dice): string {
  const root: unknown[] = [JSON.parse(text)];
  let parent: Record<string | number, unknown> | unknown[] = root;
  let key: string | number = 0;
  // Down to some depth, at random.
  for (let depth = 1 + dice.roll(9); depth > 0; depth--) {
    const child: unknown = (parent as Record<string | number, unknown>)[key];
    if (typeof child !== "object" || child === null) break;
    const keys = Object.keys(child);
    if (keys.length === 0) break;
    parent = child as Record<string, unknown>;
    key = dice.pick(keys);
  }
  const values = parent as Record<string | number, unknown>;
  const value = values[key];
  switch (dice.roll(6)) {
    case 0:
      delete values[key];
      break;
    case 1:
      values[key] = [value, value];
      break;
    case 2:
      values[dice.pick(Object.keys(values))] = value;
      break;
    case 3:
      if (Array.isArray(value)) value.push(...value.slice(0, 999));
      else values[key] = [value];
      break;
    default:
      values[key] = dice.pick(ODD);
  }
  return JSON.stringify(root[0] ?? null);
}
