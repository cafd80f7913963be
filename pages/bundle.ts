/**
 * Bundles pages/view/ with OpenSeadragon into src/view/page.ts, since the registry takes modules only:
 *
 *     deno task pages           # writes it
 *     deno task pages --check   # fails when it is stale
 *
 * @module
 */
const folder = new URL("./view/", import.meta.url);
const output = new URL("../src/view/page.ts", import.meta.url);

const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const sources = names.map((name) =>
  Deno.readTextFileSync(new URL(name, folder))
);
const mark = `// Made by pages/bundle.ts of pages/view, ${await hash(sources)}`;

if (Deno.args.includes("--check")) {
  // By the sources' hash: another version of the bundler would write other bytes.
  const [first] = Deno.readTextFileSync(output).split("\n", 1);
  if (first !== mark) {
    console.error("src/view/page.ts is stale: run deno task pages");
    Deno.exit(1);
  }
} else {
  const script = await bundle(new URL("main.ts", folder));
  const read = (name: string) => sources[names.indexOf(name)];
  Deno.writeTextFileSync(
    output,
    `${mark}

/** The page of \`tilewise view\` with OpenSeadragon (BSD-3-Clause): its files, gzipped, in base64. */
export const page: Readonly<Record<"html" | "css" | "script", string>> = {
  html: "${await pack(read("index.html"))}",
  css: "${await pack(read("style.css"))}",
  script: "${await pack(script)}",
};
`,
  );
}

async function hash(texts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(texts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function bundle(entry: URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...["bundle", "--quiet", "--no-check", "--minify"],
      ...["--platform", "browser", decodeURIComponent(entry.pathname)],
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return text.decode(stdout);
}

async function pack(text: string): Promise<string> {
  const gzip = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(gzip).bytes()).toBase64();
}
