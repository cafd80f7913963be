import { assertEquals } from "@std/assert";
import { integerExpression } from "./integer_expression.ts";
import { tokenize } from "./wgsl_tokens.ts";

const scope = new Map([["outputs", 3], ["pixels", 4], ["zero", 0]]);

function evaluate(expression: string): number | undefined {
  const tokens = tokenize(expression).map(({ text }) => text);
  return integerExpression(tokens)(scope);
}

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
  Deno.test(`integerExpression() gives ${value} for ${expression}`, () =>
    assertEquals(evaluate(expression), value));
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
  Deno.test(`integerExpression() gives nothing for "${expression}"`, () =>
    assertEquals(evaluate(expression), undefined));
}
