/**
 * Bundles pages/report/ and pages/view/ (with OpenSeadragon) into src/report/page.ts and src/view/page.ts, since the registry
 * takes modules only:
 *
 *     deno task pages           # writes them
 *     deno task pages --check   # fails when one is stale
 *
 * @module
 */
const root = new URL("../", import.meta.url);

/** How the files of a page become a module. */
interface Page {
  /** Its folder in pages/, and that of its module in src/. */
  readonly name: "report" | "view";
  /** Its files by what the module calls them, but the script, which is bundled from main.ts. */
  readonly files: Readonly<Record<string, string>>;
  /** What the module says of them. */
  readonly about: string;
  /** Makes of a file what the module holds. */
  pack(text: string): string | Promise<string>;
}

const pages: readonly Page[] = [
  {
    name: "report",
    files: { css: "style.css" },
    about:
      "What pages that are written to files have in common: their style, and the script of the picture of a run.",
    pack: (text) => text,
  },
  {
    name: "view",
    files: { html: "index.html", css: "style.css" },
    about:
      "The page of `tilewise view` with OpenSeadragon (BSD-3-Clause): its files, gzipped, in base64.",
    pack: gzip,
  },
];

for (const page of pages) {
  const folder = new URL(`pages/${page.name}/`, root);
  const output = new URL(`src/${page.name}/page.ts`, root);
  const main = new URL("main.ts", folder);
  const files = Object.entries(page.files);
  const paths = files.map(([, name]) => new URL(name, folder));
  const sources = [...paths, ...await modulesOf(main)];
  const mark = `// Made by pages/bundle.ts of pages/${page.name}, ${await hash(
    sources,
  )}`;
  if (Deno.args.includes("--check")) {
    // By the sources' hash: another version of the bundler would write other bytes.
    const [first] = Deno.readTextFileSync(output).split("\n", 1);
    if (first === mark) continue;
    console.error(`src/${page.name}/page.ts is stale: run deno task pages`);
    Deno.exit(1);
  }
  const texts = files.map(([key], i) => [key, Deno.readTextFileSync(paths[i])]);
  texts.push(["script", await bundle(main)]);
  const keys = texts.map(([key]) => `"${key}"`).join(" | ");
  let module =
    `${mark}\n\n/** ${page.about} */\nexport const page: Readonly<Record<${keys}, string>> = {\n`;
  for (const [key, text] of texts) {
    module += `  ${key}: ${JSON.stringify(await page.pack(text))},\n`;
  }
  Deno.writeTextFileSync(output, `${module}};\n`);
}

/** The project's own modules that a page is made of. */
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

/** A script that needs no other, and is none of HTML's end tags. */
async function bundle(entry: URL): Promise<string> {
  const script = await deno([
    ...["bundle", "--quiet", "--no-check", "--minify", "--format", "esm"],
    ...["--platform", "browser", pathOf(entry)],
  ]);
  if (/<\/script|<!--/i.test(script)) {
    throw new Error(`Cannot inline "${entry}": it ends its own element`);
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
