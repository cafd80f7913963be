import { assert, assertEquals } from "@std/assert";
import { shaders } from "../src/kernels/shaders.ts";
import { gpu } from "./helpers/shared_gpu.ts";

const folder = new URL("../shaders/", import.meta.url);
const files = [...shaderFiles(folder)];

for (const file of files) {
  const path = file.pathname.slice(folder.pathname.length);
  Deno.test(`shaders/${path} compiles without what specialises it, where all its conditions hold`, async () => {
    // Subgroup functions take constants only, which these are after the loops are written out.
    const code = Deno.readTextFileSync(file)
      .replace(/^.*\/\/ if (broadcast|!\w+)$/gm, "");
    const { device } = gpu;
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label: path, code });
    const { messages } = await module.getCompilationInfo();
    const error = await device.popErrorScope();
    const errors = messages.filter(({ type }) => type === "error")
      .map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
    assertEquals(errors, []);
    assertEquals(error?.message, undefined);
  });
}

Deno.test("shaders.ts holds the shaders of shaders/, each under the name of its file", () => {
  const sources = files.map((file) => {
    const name = file.pathname.split("/").at(-1)!.replace(".wgsl", "")
      .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [name, Deno.readTextFileSync(file)];
  });
  assert(sources.length > 0);
  assertEquals({ ...shaders }, Object.fromEntries(sources));
});

function* shaderFiles(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* shaderFiles(new URL(`${name}/`, folder));
    else if (name.endsWith(".wgsl")) yield new URL(name, folder);
  }
}
