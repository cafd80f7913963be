import {
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertThrows,
} from "@std/assert";
import { specialize } from "./specialize.ts";

Deno.test("specialize() turns overrides and constants into constants of their type", () => {
  const source = [
    "override side: u32 = 32u;",
    "override offset: i32;",
    "override weight: f32 = 1.0;",
    "override small: f32;",
    "override flag: bool = false;",
    "const lanes: u32 = 8u;",
    "override kept: u32 = 5u;",
  ].join("\n");
  assertEquals(
    specialize(source, {
      side: 64,
      offset: -2,
      weight: 2,
      small: 0.25,
      flag: true,
      lanes: 16,
    }).split("\n"),
    [
      "const side: u32 = 64u;",
      "const offset: i32 = -2i;",
      "const weight: f32 = 2.0f;",
      "const small: f32 = 0.25f;",
      "const flag: bool = true;",
      "const lanes: u32 = 16u;",
      "const kept: u32 = 5u;",
    ],
  );
});

Deno.test("specialize() refuses a constant without a value", () => {
  assertThrows(
    () => specialize("override side: u32;", {}),
    RangeError,
    `Cannot specialize shader as a constant has no value: received "side"`,
  );
});

Deno.test("specialize() keeps a line only where its condition holds", () => {
  const source = "a; // if relu\nb; // if !relu\nc;";
  assertEquals(specialize(source, { relu: true }), "a;\nc;");
  assertEquals(specialize(source, { relu: false }), "b;\nc;");
});

Deno.test("specialize() refuses a condition without a value", () => {
  assertThrows(
    () => specialize("a; // if relu", {}),
    RangeError,
    `Cannot specialize shader as a condition has no value: received "relu"`,
  );
});

Deno.test("specialize() writes loops out, the inner with the outer's counter", () => {
  const source = `const rows: u32 = 2u;
// unroll
for (var r = 0u; r < rows; r++) {
  // unroll
  for (var c = r; c < 2u; c++) {
    f(r, c, row);
  }
}`;
  const calls = (text: string) => text.match(/f\(.*\)/g);
  assertEquals(calls(specialize(source, {})), [
    "f(0u, 0u, row)",
    "f(0u, 1u, row)",
    "f(1u, 1u, row)",
  ]);
  assertEquals(calls(specialize(source, { rows: 1 })), [
    "f(0u, 0u, row)",
    "f(0u, 1u, row)",
  ]);
  assertEquals(calls(specialize(source, { rows: 0 })), null);
  assertNotMatch(specialize(source, {}), /for|unroll/);
});

Deno.test("specialize() leaves other loops alone", () => {
  const source = "for (var i = 0u; i < 4u; i++) {\n  f(i);\n}";
  assertEquals(specialize(source, {}), source);
});

Deno.test("specialize() refuses to unroll what is not constant or does not end", () => {
  assertThrows(
    () => specialize("// unroll\nfor (var i = 0u; i < n; i++) {\n}", {}),
    RangeError,
    `Cannot unroll loop as its bounds are not constant: received "0u" to "n"`,
  );
  assertThrows(
    () => specialize("// unroll\nfor (var i = 0u; i < 2u; i++) {\n", {}),
    RangeError,
    "Cannot unroll loop as its body does not end",
  );
});

Deno.test("specialize() gives each register a name", () => {
  const source = `const pixels: u32 = 2u;
  var sum: array<vec4f, pixels * 2>; // registers
  sum[1] = sum[pixels + 1] + other_sum[1];
  // unroll
  for (var p = 0u; p < pixels; p++) {
    sum[p * 2] = x;
  }`;
  const text = specialize(source, {});
  for (const i of [0, 1, 2, 3]) {
    assertMatch(text, new RegExp(`^  var sum_${i}: vec4f;$`, "m"));
  }
  assertNotMatch(text, /sum_4|array|registers/);
  assertMatch(text, /sum_1 = sum_3 \+ other_sum\[1\];/);
  assertMatch(text, /sum_0 = x;[^]*sum_2 = x;/);
});

Deno.test("specialize() refuses registers that are not constant", () => {
  assertThrows(
    () => specialize("  var sum: array<f32, n>; // registers", {}),
    RangeError,
    `Cannot name registers as their count is not constant: received "n"`,
  );
  assertThrows(
    () =>
      specialize("  var sum: array<f32, 2>; // registers\n  sum[i] = 0;", {}),
    RangeError,
    `Cannot name register as its index is not constant: received "sum[i]"`,
  );
});

Deno.test("specialize() swaps the storage for f16 and nothing else", () => {
  const source = [
    "alias Packed = vec4f;",
    "fn unpack(p: Packed) -> vec4f { return p; }",
    "fn pack(v: vec4f) -> Packed { return v; }",
    "let a = pack(unpack(input[0]));",
  ].join("\n");
  assertEquals(specialize(source, {}, "f32"), source);
  assertEquals(specialize(source, {}, "f16").split("\n"), [
    "alias Packed = vec2u;",
    "fn unpack(p: Packed) -> vec4f { return vec4f(unpack2x16float(p.x), unpack2x16float(p.y)); }",
    "fn pack(v: vec4f) -> Packed { return vec2u(pack2x16float(v.xy), pack2x16float(v.zw)); }",
    "let a = pack(unpack(input[0]));",
  ]);
});
