import { assertEquals, assertStringIncludes } from "@std/assert";
import { shaders } from "../src/kernels/shaders.ts";
import { gpu } from "../tests/helpers/shared_gpu.ts";
import { checkShaders } from "./check_shaders.ts";

Deno.test("checkShaders() finds no problems with the shaders, under any condition", async () => {
  assertEquals(await checkShaders(shaders, gpu.device), []);
});

Deno.test("checkShaders() names the shader, the conditions and the line of an error", async () => {
  const broken =
    `@group(0) @binding(0) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main() {
  @if(relu) output[0] = missing;
  @if(f16) @unroll for (var i = 0u; i < 2u; i++) { output[i] = 1.5; }
}`;
  const found = await checkShaders({ broken }, gpu.device);
  assertEquals(found.map((line) => line.split(":")[0]), [
    "broken (f32, relu)",
    "broken (f16)",
    "broken (f16, relu)",
  ]);
  assertStringIncludes(found[0], "output[0] = missing;");
});

Deno.test("checkShaders() parses and specializes shaders without a device", async () => {
  assertEquals(await checkShaders(shaders), []);
  assertEquals(await checkShaders({ broken: "@if(relu) a; }" }), [
    'broken: Cannot parse shader: unmatched "}" on line 1',
  ]);
  assertEquals(await checkShaders({ broken: "@if(relu) override a: u32;" }), [
    `broken (f32, relu): Cannot specialize shader: "a" has no value`,
    `broken (f16, relu): Cannot specialize shader: "a" has no value`,
  ]);
});
