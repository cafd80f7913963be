import { namesIn, withFolder } from "../../tests/helpers/masks.ts";
import { makeFolder } from "./output_folder.ts";
import { assertEquals, assertRejects } from "@std/assert";

Deno.test("makeFolder() takes back what it made and nobody used, and nothing else", async () => {
  await withFolder(async (path) => {
    await Deno.mkdir(`${path}/old`);
    for (const name of ["old", "new", "used", "gone"]) {
      await using _folder = await makeFolder(`${path}/${name}`, "results");
      if (name === "used") await Deno.writeTextFile(`${path}/used/a`, "");
      if (name === "gone") await Deno.remove(`${path}/gone`);
    }
    assertEquals(namesIn(path), ["old", "used"]);
    assertEquals(namesIn(`${path}/used`), ["a"]);
  });
});

Deno.test("makeFolder() refuses a file's name", async () => {
  await withFolder(async (path) => {
    await Deno.writeTextFile(`${path}/file`, "");
    await assertRejects(
      () => makeFolder(`${path}/file`, "results"),
      Error,
      `Cannot create folder "${path}/file" for results: `,
    );
    assertEquals(namesIn(path), ["file"]);
  });
});
