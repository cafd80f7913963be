import { MAX_TEXT_BYTES } from "./limits.ts";
import { readText, streamText, TextBuffer } from "./read_text.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

Deno.test("TextBuffer collects what TextEncoder makes of the whole", () => {
  const pieces = ["a", "µm²", "", "𝄞€", "x".repeat(70_000), "ü".repeat(90_000)];
  const buffer = new TextBuffer();
  for (let round = 0; round < 2; round++) {
    for (const piece of pieces) buffer.add(piece);
    const expected = new TextEncoder().encode(pieces.join(""));
    assertEquals(buffer.length, expected.length);
    assertEquals(buffer.take(), expected);
    assertEquals(buffer.length, 0);
  }
});

const folder = await Deno.makeTempDir({ prefix: "tilewise-text-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const path = `${folder}/text`;
const text = '{"µm": 1}';

async function zip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("readText() reads UTF-8 and UTF-16, with a byte order mark, and gzip", async () => {
  const utf8 = new TextEncoder().encode(text);
  const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8);
  const units = Uint16Array.from(text, (letter) => letter.charCodeAt(0));
  const utf16 = Uint8Array.of(0xff, 0xfe, ...new Uint8Array(units.buffer));
  const swapped = utf16.map((_, i) => utf16[i ^ 1]);
  const files = [utf8, marked, utf16, swapped];
  for (const bytes of [...files, await zip(utf8), await zip(marked)]) {
    await Deno.writeFile(path, bytes);
    assertEquals(await readText(path), text);
  }
});

Deno.test("readText() refuses damaged gzip, and what grows beyond bounds", async () => {
  await Deno.writeFile(path, (await zip(new Uint8Array(99))).subarray(0, 20));
  await assertRejects(
    () => readText(path),
    SyntaxError,
    "gzip data are damaged",
  );
  await Deno.writeFile(path, await zip(new Uint8Array(1001)));
  assertEquals((await readText(path)).length, 1001);
  for (const bytes of [await zip(new Uint8Array(1001)), new Uint8Array(1001)]) {
    await Deno.writeFile(path, bytes);
    await assertRejects(
      () => readText(path, { most: 1000 }),
      RangeError,
      `Cannot read "${path}": it has more than 1000 bytes`,
    );
  }
});

Deno.test("readText() reads at most what a string can hold", async () => {
  assertEquals("x".repeat(MAX_TEXT_BYTES).length, MAX_TEXT_BYTES);
  assertThrows(() => "x".repeat(MAX_TEXT_BYTES + 1), RangeError);
  // Without reading further: the file is sparse.
  await Deno.truncate(path, MAX_TEXT_BYTES + 1);
  await assertRejects(
    async () => {
      for await (const _ of streamText(path));
    },
    RangeError,
    `has more than ${MAX_TEXT_BYTES} bytes`,
  );
});

Deno.test("streamText() gives a file in pieces, letters whole, and stops on a signal", async () => {
  await Deno.writeTextFile(path, "𝄞é".repeat(100_000));
  const pieces = await Array.fromAsync(streamText(path));
  assert(pieces.length > 3, `${pieces.length}`);
  assertEquals(pieces.join(""), "𝄞é".repeat(100_000));
  for (const short of ["", "x"]) {
    await Deno.writeTextFile(path, short);
    assertEquals(await readText(path), short);
  }
  await Deno.writeTextFile(path, "x".repeat(1e6));
  const controller = new AbortController();
  await assertRejects(
    async () => {
      for await (const _ of streamText(path, controller)) {
        controller.abort(new Error("enough"));
      }
    },
    Error,
    "enough",
  );
});
