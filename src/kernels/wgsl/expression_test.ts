import { integerExpression, tokenize } from "./expression.ts";
import { assertEquals } from "@std/assert";

Deno.test("tokenize() distinguishes words, numbers and symbols", () => {
  const source = "a_1+=0x7fu*1e-5f-.5-2.0*b.x->c<<=d::e&&f>=3u";
  assertEquals(
    tokenize(source).map(({ text }) => text).join(" "),
    "a_1 += 0x7fu * 1e-5f - .5 - 2.0 * b . x -> c <<= d :: e && f >= 3u",
  );
  assertEquals(
    tokenize(source).filter(({ isName }) => isName).map(({ text }) => text),
    ["a_1", "b", "x", "c", "d", "e", "f"],
  );
});

Deno.test("tokenize() keeps whitespace and offsets, and drops comments", () => {
  const source = "a // b\n  c /* d\n */ e / f";
  assertEquals(
    tokenize(source).map(({ space, text }) => space + text),
    ["a", "\n  c", " e", " /", " f"],
  );
  for (const { text, end } of tokenize(source)) {
    assertEquals(source.slice(end - text.length, end), text);
  }
});

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
