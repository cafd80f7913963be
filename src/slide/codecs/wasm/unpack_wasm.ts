/** The bytes of a WebAssembly module that lies in a script: gzipped, in base64. */
export async function unpackWasm(text: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const plain = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(plain).arrayBuffer();
}
