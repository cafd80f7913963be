import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertThrows,
} from "@std/assert";
import { specialize } from "./specialize.ts";

/** A shader's words and symbols, with single spaces. */
function words(code: string): string {
  return (code.match(/\w+|\S/g) ?? []).join(" ");
}

Deno.test("specialize() turns overrides into constants of their type", () => {
  const source = [
    "override side: u32 = 32u;",
    "override offset: i32;",
    "override weight: f32 = 1.0;",
    "override small: f32;",
    "override flag: bool = false;",
    "override kept: u32 = 5u;",
    "const fixed: u32 = 8u;",
    "const plain = 1e-5;",
  ].join("\n");
  const values = {
    side: 64,
    offset: -2,
    weight: 2,
    small: 0.25,
    flag: true,
    fixed: 16,
  };
  assertEquals(specialize(source, values).split("\n"), [
    "const side: u32 = 64u;",
    "const offset: i32 = -2i;",
    "const weight: f32 = 2.0f;",
    "const small: f32 = 0.25f;",
    "const flag: bool = true;",
    "const kept: u32 = 5u;",
    "const fixed: u32 = 8u;",
    "const plain = 1e-5;",
  ]);
});

Deno.test("specialize() refuses a constant or a condition without a value", () => {
  assertThrows(
    () => specialize("override side: u32;", {}),
    RangeError,
    `Cannot specialize shader: "side" has no value`,
  );
  assertThrows(
    () => specialize("@if(relu) a;", {}),
    RangeError,
    `Cannot specialize shader: the condition "relu" has no value`,
  );
});

const conditional: Record<string, [source: string, on: string, off: string]> = {
  statement: ["@if(on) a(b, c); d;", "a(b, c); d;", "d;"],
  "statement, otherwise another": ["@if(on) a; @else b; c;", "a; c;", "b; c;"],
  "negated condition": ["@if(!on) a; @else b; c;", "b; c;", "a; c;"],
  "declaration with attributes": [
    "@if(on) @group(0) @binding(1) var<storage, read> a: array<vec4f>; b;",
    "@group(0) @binding(1) var<storage, read> a: array<vec4f>; b;",
    "b;",
  ],
  function: [
    "@if(on) fn f(a: u32) { if (a) { return; } } @else fn f() {} g;",
    "fn f(a: u32) { if (a) { return; } } g;",
    "fn f() {} g;",
  ],
  "if with else": [
    "@if(on) if (a) { b; } else if (c) { d; } else { e; } f;",
    "if (a) { b; } else if (c) { d; } else { e; } f;",
    "f;",
  ],
  "block in a block": ["@if(on) { a; @if(!on) b; } c;", "{ a; } c;", "c;"],
  "members of a struct": [
    "struct S { a: array<u32, 2>, @if(on) b: array<u32, 2>, @else c: u32 }",
    "struct S { a: array<u32, 2>, b: array<u32, 2>, }",
    "struct S { a: array<u32, 2>, c: u32 }",
  ],
  "override": [
    "@if(on) override a: u32 = 1u; @else const a: u32 = 2u; b;",
    "const a: u32 = 1u; b;",
    "const a: u32 = 2u; b;",
  ],
  "unrolled loop": [
    "@if(on) @unroll for (var i = 0u; i < 2u; i++) { f(i); } g;",
    "{ f(0u); } { f(1u); } g;",
    "g;",
  ],
};

for (const [what, [source, on, off]] of Object.entries(conditional)) {
  Deno.test(`specialize() resolves conditions: ${what}`, () => {
    assertEquals(words(specialize(source, { on: true })), words(on));
    assertEquals(words(specialize(source, { on: false })), words(off));
  });
}

Deno.test("specialize() lets the condition f16 follow from the precision", () => {
  const source = "@if(f16) a; @else b;";
  assertEquals(words(specialize(source, {}, "f16")), "a ;");
  assertEquals(words(specialize(source, {}, "f32")), "b ;");
  assertEquals(words(specialize(source, {})), "b ;");
});

Deno.test("specialize() unrolls loops, nested ones too", () => {
  const source = `override rows: u32 = 2u;
@unroll for (var r = 0u; r < rows; r++) {
  @unroll for (var c = r; c < 2u; c++) { f(r, c, row, a.r); }
}`;
  const calls = (text: string) => text.match(/f\(.*?\)/g);
  assertEquals(calls(specialize(source, {})), [
    "f(0u, 0u, row, a.r)",
    "f(0u, 1u, row, a.r)",
    "f(1u, 1u, row, a.r)",
  ]);
  assertEquals(calls(specialize(source, { rows: 1 })), [
    "f(0u, 0u, row, a.r)",
    "f(0u, 1u, row, a.r)",
  ]);
  assertEquals(calls(specialize(source, { rows: 0 })), null);
  assertNotMatch(specialize(source, {}), /for|unroll/);
});

Deno.test("specialize() leaves other loops unchanged, and drops comments", () => {
  const source = "for (var i = 0u; i < 4u; i++) {\n  f(i);\n}";
  assertEquals(specialize(source, {}), source);
  assertEquals(specialize(`// @if(a) b\n${source} /* c */`, {}), `\n${source}`);
});

Deno.test("specialize() splits arrays into variables", () => {
  const source = `override pixels: u32 = 2u;
fn f() {
  @split var sum: array<vec4f, pixels * 2>;
  sum[1] = sum[pixels + 1] + other_sum[1] + p.sum[i];
  @unroll for (var p = 0u; p < pixels; p++) { sum[p * 2] = x[p]; }
}
fn g() { sum[i]; }`;
  const text = specialize(source, {});
  for (const i of [0, 1, 2, 3]) {
    assertMatch(text, new RegExp(`^  var sum${i}: vec4f;$`, "m"));
  }
  assertNotMatch(text, /sum4|array|split/);
  assertMatch(text, /sum1 = sum3 \+ other_sum\[1\] \+ p\.sum\[i\];/);
  assertMatch(text, /sum0 = x\[0u\];[^]*sum2 = x\[1u\];/);
  assertMatch(text, /fn g\(\) \{ sum\[i\]; \}/);
});

Deno.test("specialize() splits members of structs, and arrays of bindings", () => {
  const source = `override inputs: u32 = 1u;
struct Shape { height: u32, @split blocks: array<u32, inputs>, }
@split @group(0) @binding(3) var<storage, read> input: binding_array<array<f32>, inputs>;
@unroll for (var n = 0u; n < inputs; n++) { f(input[n][i], shape.blocks[n], blocks[n]); }`;
  assertEquals(
    words(specialize(source, { inputs: 2 })),
    words(`const inputs: u32 = 2u;
struct Shape { height: u32, blocks0: u32, blocks1: u32, }
@group(0) @binding(3) var<storage, read> input0: array<f32>;
@group(0) @binding(4) var<storage, read> input1: array<f32>;
{ f(input0[i], shape.blocks0, blocks[0u]); }
{ f(input1[i], shape.blocks1, blocks[1u]); }`),
  );
});

Deno.test("specialize() refuses what is not constant", () => {
  const refused: Record<string, string> = {
    "@unroll for (var i = n; i < 2u; i++) {}":
      `the start of "i" is not constant, received "n"`,
    "@unroll for (var i = 0u; i < n; i++) {}":
      `the end of "i" is not constant, received "n"`,
    "@split var sum: array<f32, n>;":
      `the length of "sum" is not constant, received "n"`,
    "@split var sum: array<f32, 2>; sum[i] = 0;":
      `the index of "sum" is not constant, received "i"`,
  };
  for (const [source, reason] of Object.entries(refused)) {
    assertThrows(
      () => specialize(source, {}),
      RangeError,
      `Cannot specialize shader: ${reason}`,
    );
  }
});

Deno.test("specialize() refuses what breaks the grammar", () => {
  const refused: Record<string, string> = {
    "a;\nfn f() {": "unexpected end of source on line 2",
    "a; }": 'unmatched "}" on line 1',
    "@if(a)": "unexpected end of source on line 1",
    "@if a;": `expected "(", received "a" on line 1`,
    "a;\n@else b;": `"@else" does not follow "@if" on line 2`,
    "@unroll while (a) {}": `expected "for", received "while" on line 1`,
    "@unroll for (var i = 0u; i < 2u; i += 2u) {}":
      `expected "++", received "+=" on line 1`,
    "@split var g: vec4f;":
      `expected "array" or "binding_array", received "vec4f" on line 1`,
    "let g0 = 1;\n@split var g: array<f32, 2>;":
      `the name "g0", which splitting "g" needs, is taken on line 2`,
  };
  for (const [source, reason] of Object.entries(refused)) {
    assertThrows(
      () => specialize(source, {}),
      SyntaxError,
      `Cannot parse shader: ${reason}`,
    );
  }
});
