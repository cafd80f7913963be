/**
 * Links the shaders and bundles them into `src/kernels/shaders.ts`, since the registry publishes only modules.
 * Run `deno task shaders` after a change. With `--check`, it writes nothing, and fails if the module is stale or a shader
 * does not compile. Without an adapter, shaders are only parsed and specialized.
 *
 * @module
 */
import { Gpu } from "../src/gpu/gpu.ts";
import { tokenize } from "../src/kernels/wgsl/expression.ts";
import { checkShaders } from "./check_shaders.ts";
import { linkShader } from "./link.ts";

const folder = new URL("./", import.meta.url);
const target = new URL("../src/kernels/shaders.ts", import.meta.url);

const shaders = Object.fromEntries(
  [...entryPoints()].map((
    path,
  ) => [nameOf(path), linkShader(path, readShader)]),
);
const entries = Object.entries(shaders).map(([name, source]) =>
  `  ${name}: \`${
    withoutComments(source).replace(/[\\`]|\$\{/g, (match) => `\\${match}`)
  }\n\`,\n`
);
const bundle =
  `// Made by \`deno task shaders\` from the files in shaders/: edit those.
// deno-fmt-ignore-file

/** The source of each shader, linked and without comments, by its file's name. */
export const shaders = {
${entries.join("")}} as const;
`;

if (Deno.args.includes("--check")) {
  const problems = await check();
  if (Deno.readTextFileSync(target) !== bundle) {
    problems.push("src/kernels/shaders.ts is stale: run deno task shaders");
  }
  for (const problem of problems) console.error(problem);
  Deno.exit(problems.length > 0 ? 1 : 0);
} else {
  Deno.writeTextFileSync(target, bundle);
  console.log(`bundled ${entries.length} shaders`);
}

async function check(): Promise<string[]> {
  using gpu = await Gpu.request().catch(() => undefined);
  if (!gpu) console.warn("No WebGPU adapter: shaders were not compiled");
  return await checkShaders(shaders, gpu?.device);
}

/** Import paths of the shaders with an entry point, such as `conv::conv2d`. */
function* entryPoints(): Generator<string> {
  for (const { name: directory, isDirectory } of sorted(folder)) {
    if (!isDirectory) continue;
    for (const { name } of sorted(new URL(`${directory}/`, folder))) {
      const path = `${directory}::${name.replace(".wgsl", "")}`;
      if (readShader(path).includes("@compute")) yield path;
    }
  }
}

function sorted(directory: URL): Deno.DirEntry[] {
  return [...Deno.readDirSync(directory)]
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

function readShader(path: string): string {
  const file = `${path.replaceAll("::", "/")}.wgsl`;
  return Deno.readTextFileSync(new URL(file, folder));
}

function nameOf(path: string): string {
  return path.split("::").at(-1)!
    .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function withoutComments(source: string): string {
  return tokenize(source).map(({ space, text }) => space + text).join("")
    .replace(/\s*\n/g, "\n").trim();
}
