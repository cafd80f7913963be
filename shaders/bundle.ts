/**
 * Bundles the shaders into `src/kernels/shaders.ts`, since the registry publishes modules only.
 * Run `deno task shaders` after a change; with `--check` it only says whether the module is stale.
 *
 * @module
 */
const folder = new URL("./", import.meta.url);
const target = new URL("../src/kernels/shaders.ts", import.meta.url);

function* shaderFiles(directory: URL): Generator<URL> {
  const entries = [...Deno.readDirSync(directory)]
    .sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* shaderFiles(new URL(`${name}/`, directory));
    else if (name.endsWith(".wgsl")) yield new URL(name, directory);
  }
}

const entries = [...shaderFiles(folder)].map((file) => {
  const name = file.pathname.split("/").at(-1)!.replace(".wgsl", "")
    .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const source = Deno.readTextFileSync(file)
    .replace(/[\\`]|\$\{/g, (match) => `\\${match}`);
  return `  ${name}: \`${source}\`,\n`;
});

const bundle =
  `// Made by \`deno task shaders\` from the files in shaders/: edit those.
// deno-fmt-ignore-file

/** The source of each shader, by its file's name. */
export const shaders = {
${entries.join("")}} as const;
`;

if (Deno.args.includes("--check")) {
  if (Deno.readTextFileSync(target) !== bundle) {
    console.error("src/kernels/shaders.ts is stale: run deno task shaders");
    Deno.exit(1);
  }
} else {
  Deno.writeTextFileSync(target, bundle);
  console.log(`bundled ${entries.length} shaders`);
}
