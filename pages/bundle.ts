/**
 * Bundles pages/report/ and pages/view/ (with its libraries) into src/report/page.ts and src/view/page.ts, since the registry
 * accepts only modules:
 *
 *     deno task pages           # writes them
 *     deno task pages --check   # fails if one is stale
 *
 * @module
 */
import { cannot } from "../src/errors/cannot.ts";

const root = new URL("../", import.meta.url);

/** A page to bundle. */
interface Page {
  /** Its folder in pages/, and the folder of its module in src/. */
  readonly name: "report" | "view";
  /** Its files by their names in the module; a folder's are joined. The script is bundled from main.ts. */
  readonly files: Readonly<Record<string, string>>;
  /** The docstring of the module. */
  readonly about: string;
  /** Encodes a file for the module. */
  pack(text: string): string | Promise<string>;
}

const pages: readonly Page[] = [
  {
    name: "report",
    files: { css: "style.css" },
    about: "The style of pages in files, and the script of their picture.",
    pack: (text) => text,
  },
  {
    name: "view",
    files: { html: "index.html", css: "styles" },
    about:
      "The page of `tilewise view`, with OpenSeadragon (BSD-3-Clause), rbush (MIT, Vladimir Agafonkin), quickselect (ISC) and clipper2-ts (BSL-1.0): its files, gzipped, in base64.",
    pack: gzip,
  },
];

for (const page of pages) {
  const folder = new URL(`pages/${page.name}/`, root);
  const output = new URL(`src/${page.name}/page.ts`, root);
  const main = new URL("main.ts", folder);
  const files = Object.entries(page.files)
    .map(([key, name]) => [key, filesOf(new URL(name, folder))] as const);
  const paths = files.flatMap(([, paths]) => paths);
  const sources = [...paths, ...await modulesOf(main)];
  const mark = `// Made by pages/bundle.ts of pages/${page.name}, ${await hash(
    sources,
  )}`;
  if (Deno.args.includes("--check")) {
    // By the hash of the sources: the output depends on the version of the bundler.
    const [first] = Deno.readTextFileSync(output).split("\n", 1);
    if (first === mark) continue;
    console.error(`src/${page.name}/page.ts is stale: run deno task pages`);
    Deno.exit(1);
  }
  const texts = files.map(([key, paths]) => [
    key,
    paths.map((path) => Deno.readTextFileSync(path)).join("\n"),
  ]);
  texts.push(["script", await bundle(main)]);
  const keys = texts.map(([key]) => `"${key}"`).join(" | ");
  let module =
    `${mark}\n\n/** ${page.about} */\nexport const page: Readonly<Record<${keys}, string>> = {\n`;
  for (const [key, text] of texts) {
    module += `  ${key}: ${JSON.stringify(await page.pack(text))},\n`;
  }
  Deno.writeTextFileSync(output, `${module}};\n`);
}

/** A file, or the files of a folder by name. */
function filesOf(url: URL): URL[] {
  if (!Deno.statSync(url).isDirectory) return [url];
  return [...Deno.readDirSync(url)].map(({ name }) => name).sort()
    .map((name) => new URL(`${url.href}/${name}`));
}

/** The project's modules of a page. */
async function modulesOf(entry: URL): Promise<URL[]> {
  const graph: { readonly modules: readonly { readonly specifier: string }[] } =
    JSON.parse(await deno(["info", "--json", pathOf(entry)]));
  return graph.modules.map(({ specifier }) => specifier)
    .filter((specifier) =>
      specifier.startsWith(root.href) && !specifier.includes("/node_modules/")
    ).sort().map((specifier) => new URL(specifier));
}

async function hash(files: readonly URL[]): Promise<string> {
  const texts = files.map((file) => Deno.readTextFileSync(file));
  const bytes = new TextEncoder().encode(texts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Bundles a script that can be inlined in HTML. */
async function bundle(entry: URL): Promise<string> {
  const script = await deno([
    ...["bundle", "--quiet", "--no-check", "--minify", "--format", "esm"],
    ...["--platform", "browser", pathOf(entry)],
  ]);
  if (/<\/script|<!--/i.test(script)) {
    throw cannot(`inline "${entry}"`, "it contains an end tag");
  }
  return script.trim();
}

async function deno(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return text.decode(stdout);
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}

async function gzip(text: string): Promise<string> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).toBase64();
}
