import { assertEquals, assertThrows } from "@std/assert";
import { linkShader } from "./link.ts";

const files: Record<string, string> = {
  "common::storage": `// Storage.
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;

// Reads.
fn unpack(p: Packed) -> vec4f { return vec4f(p); }
fn unused() {}
`,
  "conv::end": `import package::common::storage::{Packed, unpack};

@group(0) @binding(1) var<storage, read> residual: array<Packed>;

fn finish(value: vec4f, i: u32) -> vec4f { return value + unpack(residual[i]); }
`,
  "other::unpack": "fn unpack() {}\n",
};

function link(source: string): string {
  return linkShader("main", (path) => path === "main" ? source : files[path]);
}

Deno.test("linkShader() replaces imports with declarations and their dependencies", () => {
  assertEquals(
    link(`// Formula.
import package::conv::end::finish;

fn main() { finish(v, 0u); }
`),
    `// Formula.
// Storage.
@if(f16) alias Packed = vec2u;
@else alias Packed = vec4f;
// Reads.
fn unpack(p: Packed) -> vec4f { return vec4f(p); }
@group(0) @binding(1) var<storage, read> residual: array<Packed>;
fn finish(value: vec4f, i: u32) -> vec4f { return value + unpack(residual[i]); }

fn main() { finish(v, 0u); }
`,
  );
});

Deno.test("linkShader() leaves a shader without imports unchanged", () => {
  assertEquals(link("// A.\nfn main() {}\n"), "// A.\nfn main() {}\n");
});

Deno.test("linkShader() includes a declaration once, even if imported repeatedly", () => {
  const linked = link(`import package::common::storage::{Packed, unpack};
import package::conv::end::finish;
fn main(p: Packed) { finish(unpack(p), 0u); }
`);
  assertEquals(linked.match(/fn unpack/g)?.length, 1);
});

Deno.test("linkShader() refuses imports that are missing, unused, unknown or ambiguous", () => {
  const refused: Record<string, string> = {
    "import package::conv::end::finish;\nfn main() { finish(unpack(p)); }":
      `Cannot link "main": "unpack" is not imported`,
    "import package::conv::end::finish;\nfn main() { a.finish(); }":
      `Cannot link "main": the import "finish" is unused`,
    "import package::conv::end::start;\nfn main() { start(); }":
      `Cannot link "main": "start" is not in conv::end`,
    "import package::other::unpack::unpack;\nimport package::conv::end::finish;\nfn main() { finish(unpack()); }":
      `Cannot link "main": "unpack" is in both other::unpack and common::storage`,
  };
  for (const [source, message] of Object.entries(refused)) {
    assertThrows(() => link(source), Error, message);
  }
});
