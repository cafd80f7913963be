import { namesIn, withFolder } from "../../tests/helpers/masks.ts";
import { leaseResults, makeFolder } from "./output_folder.ts";
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

Deno.test("leaseResults() removes what the killed owner left of these results, and nothing else", async () => {
  const left = ["a.json", "a.b.tif", "b.json"]
    .map((name) => `.${name}.0123abcd-1.part`);
  const others = [".a.json.4567abcd-1.part", "a.json", ".a.json.0123abcd-1"];
  const dead = {
    ...{ run: "killed", host: "here", pid: 7, token: "0123abcd" },
    ...{ since: "2026-01-02T03:04:05Z", beat: 3 },
  };
  const options = {
    action: "write results",
    context: { id: "new", host: "here" },
  };
  await withFolder(async (path) => {
    for (const name of [...left, ...others]) {
      await Deno.writeTextFile(`${path}/${name}`, "");
    }
    for (
      const [lock, rest] of [
        [".a.lock", [left[2], ...others]],
        [".lock", others],
      ] as const
    ) {
      await Deno.writeTextFile(`${path}/${lock}`, JSON.stringify(dead));
      await using _lease = await leaseResults(`${path}/${lock}`, options);
      const found = namesIn(path).filter((name) => name !== lock);
      assertEquals(found, rest.toSorted());
    }
    assertEquals(namesIn(path), others.toSorted());
  });
});
