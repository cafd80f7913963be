/**
 * Serves the bundled page to this machine's browsers; `deno task browser` bundles it first.
 *
 * @module
 */
const types: Record<string, string> = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  wasm: "application/wasm",
};

/** Serves the files of a folder on 127.0.0.1: WebGPU is not available to pages from the disk. */
export function serveFolder(
  folder: string,
  { port = 0 }: { readonly port?: number } = {},
): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: "127.0.0.1", port, onListen() {} };
  return Deno.serve(options, async ({ url }) => {
    const { pathname } = new URL(url); // without dots: URLs resolve them
    const name = pathname === "/" ? "/index.html" : pathname;
    const type = types[name.split(".").at(-1)!] ?? "application/octet-stream";
    try {
      const bytes = await Deno.readFile(folder + name);
      return new Response(bytes, { headers: { "content-type": type } });
    } catch {
      return new Response("Not found.\n", { status: 404 });
    }
  });
}

if (import.meta.main) {
  const { addr, finished } = serveFolder(Deno.args[0], { port: 8100 });
  console.log(`http://127.0.0.1:${addr.port}/`);
  await finished;
}
