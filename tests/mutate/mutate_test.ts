import { assertEquals, assertThrows } from "@std/assert";
import { chooseMutants, findMutants, isEquivalent } from "./choose_mutants.ts";
import { findShaderChanges } from "./find_shader_changes.ts";
import { findTypeScriptChanges } from "./find_typescript_changes.ts";
import { TestFinder } from "./find_tests.ts";
import { applyMutant, type Change, nextNumber } from "./mutant.ts";
import { failedTest } from "./working_copy.ts";

/** Sources after each change. */
function mutated(source: string, changes: Change[]): string[] {
  return changes.map((change) => applyMutant(source, change));
}

Deno.test("findTypeScriptChanges() changes operators, calls of Math, flags, numbers and conditions", () => {
  for (
    const [source, ...expected] of [
      ["a < b", "a <= b"],
      ["a && b", "a || b"],
      ["a === b", "a !== b"],
      ["a + b", "a - b"],
      ["a += b", "a -= b"],
      ["a - 1", "a + 1", "a - 2"],
      ["Math.ceil(a)", "Math.floor(a)"],
      ["Math.min(a, b)", "Math.max(a, b)"],
      ["other.min(a, b)"],
      ["f(true)", "f(false)"],
      ["if (a) b();", "if (!(a)) b();"],
      ["a ? b : c", "!(a) ? b : c"],
      ["0x1f", "0x20"],
    ]
  ) {
    assertEquals(mutated(source, findTypeScriptChanges(source)), expected);
  }
});

Deno.test("findTypeScriptChanges() leaves comments, texts, types, imports and keys alone", () => {
  for (
    const source of [
      "// a < b + 1",
      "/** true */",
      '"a < b" + c',
      "`a ${b + 1}`",
      "a + `b` + c",
      'import { a } from "1 + 1";',
      "type A = 1 | true;",
      "interface A { b: 1 }",
      "let a: 1 | 2;",
      "a as 1",
      "f<true>()",
      "({ 1: a })",
    ]
  ) {
    assertEquals(mutated(source, findTypeScriptChanges(source)), []);
  }
});

Deno.test("findShaderChanges() changes values, never types, attributes, comments and imports", () => {
  const source = `// a < b
import package::a::{b, c};
override lanes: u32 = 8u;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>, 4>;
@compute @workgroup_size(8, lanes)
fn main() { @if(relu) if (f(a) <= b) { c = min(-a, 1u); } }
`;
  assertEquals(
    findShaderChanges(source).map(({ before, after }) => [before, after]),
    [
      ["f(a) <= b", "!(f(a) <= b)"],
      ["<=", "<"],
      ["min", "max"],
      ["1u", "2u"],
    ],
  );
});

Deno.test("nextNumber() keeps the notation", () => {
  for (
    const [text, next] of [
      ["0", "1"],
      ["1_000", "1001"],
      ["0.5", "1.5"],
      ["1.0", "2.0"],
      ["4u", "5u"],
      ["1e-5", "2e-5"],
      ["0xff", "0x100"],
      ["3n", "4n"],
      ["1.0f", "2.0f"],
    ]
  ) assertEquals(nextNumber(text), next);
});

Deno.test("applyMutant() refuses a source that is another", () => {
  const change = { start: 2, before: "<", after: "<=" };
  assertEquals(applyMutant("a < b", change), "a <= b");
  assertThrows(() => applyMutant("a > b", change), RangeError, '"<" is not at');
});

Deno.test("findMutants() tells the line, and isEquivalent() knows one by the line's text", () => {
  const [mutant] = findMutants("a.ts", "\n  a < b;\n");
  assertEquals([mutant.line, mutant.text, mutant.changed], [
    2,
    "a < b;",
    "a <= b;",
  ]);
  const known = { ...mutant, line: 7, reason: "" };
  assertEquals(isEquivalent(mutant, [known]), true);
  assertEquals(isEquivalent(mutant, [{ ...known, changed: "b" }]), false);
  assertEquals(isEquivalent(mutant, [{ ...known, file: "b.ts" }]), false);
});

Deno.test("chooseMutants() takes another file each time, by the seed, and keeps its choice when lines move", () => {
  const sources = Array.from({ length: 9 }, (_, i) => `f(${i}, a < b);\n`);
  const choose = (seed: number, count: number, before = "") =>
    chooseMutants(
      sources.map((source, i) => findMutants(`${i}.ts`, before + source)),
      { seed, count },
    ).map(({ file, before }) => `${file} ${before}`);
  assertEquals(new Set(choose(1, 9).map((text) => text[0])).size, 9);
  assertEquals(choose(1, 4), choose(1, 9).slice(0, 4));
  assertEquals(choose(1, 9), choose(1, 9, "\n\n"));
  assertEquals(choose(1, 9).join() === choose(2, 9).join(), false);
  assertEquals(new Set(choose(1, 100)).size, 18); // all there are, once each
});

Deno.test("TestFinder.testsOf() goes from the file's own test to the farthest", () => {
  const finder = new TestFinder(
    new Map([
      ["src/a/x_test.ts", ["src/a/x.ts"]],
      ["src/a/y.ts", ["src/a/x.ts"]],
      ["src/a/y_test.ts", ["src/a/y.ts"]],
      ["src/a/z_test.ts", ["src/a/z.ts"]],
      ["tests/all_test.ts", ["mod.ts"]],
      ["mod.ts", ["src/a/y.ts", "src/kernels/k.ts"]],
      ["src/kernels/k_test.ts", ["src/kernels/k.ts"]],
    ]),
    new Map([
      ["shaders/common/c.wgsl", ""],
      ["shaders/k/add_all.wgsl", "import package::common::c::{one, two};\n"],
      ["src/kernels/k.ts", "source: shaders.addAll,"],
    ]),
  );
  assertEquals(finder.testsOf("src/a/x.ts"), [
    ["src/a/x_test.ts"],
    ["src/a/y_test.ts"],
    ["tests/all_test.ts"],
  ]);
  for (const shader of ["shaders/common/c.wgsl", "shaders/k/add_all.wgsl"]) {
    assertEquals(finder.testsOf(shader), [
      ["src/kernels/k_test.ts"],
      [],
      ["tests/all_test.ts"],
    ]);
  }
});

Deno.test("failedTest() reads what deno test prints", () => {
  const passed = "running 1 test from ./a_test.ts\nf() adds ... ok (1ms)\n";
  assertEquals(failedTest(passed), undefined);
  assertEquals(
    failedTest(`${passed}f() takes ... FAILED (2ms)\n`),
    "f() takes",
  );
  assertEquals(
    failedTest("./a_test.ts (uncaught error)\nerror: …"),
    "./a_test.ts (uncaught error)",
  );
});
