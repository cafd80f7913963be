import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { namesIn, withFolder } from "../../tests/helpers/masks.ts";
import { leaseResults, makeFolder, refuseNames } from "./output_folder.ts";

const check = (
  source: string,
  { os = "linux", more = 20, place }: {
    os?: "linux" | "windows";
    more?: number;
    place?: string;
  } = {},
) => refuseNames([{ source, place }], { more, os });

Deno.test("refuseNames() measures names in bytes, with their endings", () => {
  check(`in/${"a".repeat(235)}.svs`);
  check(`in/${"é".repeat(117)}.svs`);
  assertThrows(
    () => check(`in/${"a".repeat(236)}.svs`),
    Error,
    "a name of 236 bytes is too long: files may have 255, and 20 are needed for their endings; rename it, or give a link to it with another name",
  );
  assertThrows(() => check(`in/${"é".repeat(118)}.svs`), Error, "236 bytes");
  assertThrows(
    () => check(`https://e.org/${"a".repeat(236)}.svs?key=secret`),
    Error,
    "download it under another name",
  );
  const place = `${"b".repeat(256)}/a`;
  assertThrows(() => check("a.svs", { place }), Error, "256 bytes");
  check("a.svs", { place: `${"b".repeat(255)}/a` });
});

Deno.test("refuseNames() refuses what is no name of a file", () => {
  for (const name of ["%00", "a%00b.svs", "..%2F.."]) {
    assertThrows(
      () => check(`https://e.org/x/${name}`),
      Error,
      `Cannot name the results of "https://e.org/x/${name}": `,
    );
  }
  for (const name of ["a%3Ab.svs", "con.svs", "a%0Ab.svs"]) {
    check(`https://e.org/${name}`);
  }
});

Deno.test("refuseNames() refuses what Windows reserves, there", () => {
  const os = "windows";
  const bad: [string, string][] = [
    ["a%3Ab.svs", 'Windows allows no ":" in names of files'],
    ["a%3Cb.svs", 'Windows allows no "<" in names of files'],
    ["a%0Ab.svs", 'Windows allows no "\\n" in names of files'],
    ["con.svs", 'Windows reserves the name "con"'],
    ["Nul.ome.tif", 'Windows reserves the name "Nul.ome"'],
    ["LPT1.svs", 'Windows reserves the name "LPT1"'],
    ["aux%20.svs", 'Windows reserves the name "aux "'],
  ];
  for (const [name, message] of bad) {
    assertThrows(() => check(`https://e.org/${name}`, { os }), Error, message);
  }
  const place = "e. /a";
  assertThrows(() => check("x.svs", { os, place }), Error, 'no " " at the end');
  for (const name of ["console.svs", "a.con.svs", "com.svs", "com10.svs"]) {
    check(`https://e.org/${name}`, { os });
  }
});

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
