import { assertEquals } from "@std/assert";
import { evaluateInteger } from "./evaluate_integer.ts";

const scope = new Map([["outputs", 3], ["pixels", 4], ["zero", 0]]);

const values: [string, number][] = [
  ["7", 7],
  ["7u", 7],
  ["7i", 7],
  ["pixels", 4],
  ["outputs * pixels", 12],
  ["1 + 2 * 3", 7],
  ["(1 + 2) * 3", 9],
  ["10 - 3 - 2", 5],
  ["2 - 3", -1],
  ["7 / 2", 3],
  ["7 % 4 * 2", 6],
  ["((outputs*4u+1u)/8u)", 1],
];

for (const [expression, value] of values) {
  Deno.test(`evaluateInteger() gives ${value} for ${expression}`, () =>
    assertEquals(evaluateInteger(expression, scope), value));
}

const others = [
  "",
  "unknown",
  "1.5",
  "f(1)",
  "1 +",
  "(1",
  "1)",
  "1 2",
  "-1",
  "a[0]",
  "1 << 2",
  "unknown * zero",
  "1 / zero",
  "1 % zero",
];

for (const expression of others) {
  Deno.test(`evaluateInteger() gives nothing for "${expression}"`, () =>
    assertEquals(evaluateInteger(expression, scope), undefined));
}
