import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { eachFileFault } from "../../tests/helpers/each_file_fault.ts";
import { AtomicFile, TEMPORARY_BYTES } from "./atomic_file.ts";
import { namesIn, withFolder } from "../../tests/helpers/masks.ts";

Deno.test("AtomicFile.close() gives the file its name, replacing the old one", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.txt`, "old");
    const file = await AtomicFile.create(`${folder}/a.txt`);
    await file.write(new TextEncoder().encode("new text"));
    assertEquals(await Deno.readTextFile(`${folder}/a.txt`), "old");
    await file.seek(0);
    await file.write(new TextEncoder().encode("N"));
    await file.close();
    assertEquals(await Deno.readTextFile(`${folder}/a.txt`), "New text");
    assertEquals(namesIn(folder), ["a.txt"]);
    await file.abort();
    assertEquals(namesIn(folder), ["a.txt"]);
  });
});

Deno.test("AtomicFile.abort() leaves nothing", async () => {
  await withFolder(async (folder) => {
    const file = await AtomicFile.create(`${folder}/a.txt`);
    await file.write(new Uint8Array(10));
    await file.abort();
    await file.abort();
    assertEquals(namesIn(folder), []);
    await assertRejects(
      () => file.write(new Uint8Array(1)),
      Error,
      "the file is closed",
    );
  });
});

Deno.test("AtomicFile.create() refuses folders and places that cannot be written", async () => {
  await withFolder(async (folder) => {
    await assertRejects(
      () => AtomicFile.create(folder),
      Error,
      "it is a folder",
    );
    const error = await assertRejects(
      () => AtomicFile.create(`${folder}/none/a.txt`),
      Error,
      "Cannot write",
    );
    assertEquals(error.cause instanceof Deno.errors.NotFound, true);
    assertStringIncludes(error.message, "it was removed or renamed");
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("AtomicFile.close() removes the file where the name is taken by a folder", async () => {
  await withFolder(async (folder) => {
    const file = await AtomicFile.create(`${folder}/a`);
    await Deno.mkdir(`${folder}/a`);
    await assertRejects(() => file.close(), Error, "Cannot write");
    assertEquals(namesIn(folder), ["a"]);
  });
});

Deno.test("AtomicFile.close() says that the folder is gone", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/b`);
    const file = await AtomicFile.create(`${folder}/b/a`);
    await Deno.rename(`${folder}/b`, `${folder}/c`);
    await assertRejects(
      () => file.close(),
      Error,
      `Cannot write "${folder}/b/a": its folder, or the temporary file in it, was removed or renamed meanwhile`,
    );
  });
});

Deno.test("TEMPORARY_BYTES is enough for temporary names", async () => {
  await withFolder(async (folder) => {
    const name = "a".repeat(255 - TEMPORARY_BYTES);
    const file = await AtomicFile.create(`${folder}/${name}`);
    const [temporary] = namesIn(folder);
    const spare = TEMPORARY_BYTES - (temporary.length - name.length);
    const [, count] = temporary.match(/-(\d+)\.part$/)!;
    assertEquals(spare, 7 - count.length);
    await file.close();
    assertEquals(namesIn(folder), [name]);
  });
});

Deno.test("AtomicFile says what it cannot write, and leaves the old file, whichever call fails", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    for (const fault of ["EIO", "ENOSPC", "short"] as const) {
      const faults = await eachFileFault(folder, fault, async (files) => {
        await Deno.writeTextFile(path, "old");
        const error = await writeTwice(path).catch((error: Error) => error);
        files[Symbol.dispose]();
        if (error) {
          assertStringIncludes(error.message, `Cannot write "${path}"`);
        }
        const text = await Deno.readTextFile(path);
        assertEquals(text, error ? "old" : "New text");
        assertEquals(namesIn(folder), ["a.txt"]);
        if (fault === "short") assertEquals(error, undefined);
      });
      assert(faults > 1, `${faults}`);
    }
  });
});

async function writeTwice(path: string): Promise<void> {
  await using file = await AtomicFile.create(path);
  await file.write(new TextEncoder().encode("new text"));
  await file.seek(0);
  await file.write(new TextEncoder().encode("N"));
  await file.close();
}
