import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { namesIn, withFolder } from "../../tests/helpers/masks.ts";
import { RunFolder } from "./run_folder.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("RunFolder.write() keeps the old file where the disk takes no more, and tries again", async () => {
  await withFolder(async (path) => {
    const folder = await RunFolder.open(path);
    assertEquals(await folder.write(new Map([["state", bytes(1)]])), "");
    const { write } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.write = () =>
      Promise.reject(new Error("No space left on device (os error 28)"));
    try {
      const said = await folder.write(
        new Map([["best", bytes(2)], ["state", bytes(2)]]),
      );
      assertMatch(
        said,
        /^Cannot write ".*best": the disk may be full: No space left/,
      );
      // Said once, not at every checkpoint.
      assertEquals(await folder.write(new Map([["state", bytes(3)]])), "");
      assertEquals(folder.trouble, said);
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    assertEquals(namesIn(folder.path), ["state"]);
    assertEquals(await folder.read("state"), bytes(1));
    // With room again, the best of before comes first, then what is new.
    assertEquals(await folder.write(new Map([["state", bytes(4)]])), "");
    assertEquals(folder.trouble, "");
    assertEquals(await folder.read("best"), bytes(2));
    assertEquals(await folder.read("state"), bytes(4));
  });
});

Deno.test("RunFolder.open() clears what a killed run left half written, and nothing else", async () => {
  await withFolder(async (path) => {
    for (
      const name of [".state.safetensors.0123abcd.part", ".part", "a.part"]
    ) {
      await Deno.writeTextFile(`${path}/${name}`, "");
    }
    await RunFolder.open(path);
    assertEquals(namesIn(path), [".part", "a.part"]);
  });
});

Deno.test("RunFolder.open() refuses a file's name, read() tells of absence", async () => {
  await withFolder(async (path) => {
    const folder = await RunFolder.open(path);
    assertEquals(await folder.read("none"), undefined);
    await Deno.writeTextFile(`${path}/file`, "");
    await assertRejects(
      () => RunFolder.open(`${path}/file`),
      Error,
      `Cannot open the run folder "${path}/file": `,
    );
  });
});
