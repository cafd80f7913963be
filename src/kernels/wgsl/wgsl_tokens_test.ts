import { assertEquals } from "@std/assert";
import { tokenize } from "./wgsl_tokens.ts";

Deno.test("tokenize() tells words, numbers and signs apart", () => {
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

Deno.test("tokenize() keeps white space, leaves out comments, and knows where tokens end", () => {
  const source = "a // b\n  c /* d\n */ e / f";
  assertEquals(
    tokenize(source).map(({ space, text }) => space + text),
    ["a", "\n  c", " e", " /", " f"],
  );
  for (const { text, end } of tokenize(source)) {
    assertEquals(source.slice(end - text.length, end), text);
  }
});
