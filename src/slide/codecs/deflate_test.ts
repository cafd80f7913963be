import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { decodeDeflate } from "./deflate.ts";

async function deflate(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(
    new CompressionStream("deflate"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("decodeDeflate() inflates no more than was asked for", async () => {
  const packed = await deflate(new Uint8Array(5_000_000).fill(3));
  assertEquals(await decodeDeflate(packed, 100), new Uint8Array(100).fill(3));
  assertEquals((await decodeDeflate(packed, 6_000_000)).length, 5_000_000);
});

Deno.test("decodeDeflate() refuses what is damaged", async () => {
  await assertRejects(
    () => decodeDeflate(new Uint8Array(50).fill(1), 9),
    SyntaxError,
    "deflate",
  );
});

Deno.test("decodeDeflate() invents nothing where the data end early", async () => {
  const packed = await deflate(
    new Uint8Array(1000).map((_, i) => i * i * i >> 4),
  );
  // Browsers reject such a stream, Deno gives what there is.
  const short = await decodeDeflate(packed.slice(0, packed.length >> 1), 1000)
    .catch(() => new Uint8Array());
  assertLess(short.length, 1000);
});
