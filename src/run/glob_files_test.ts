import { assertEquals } from "@std/assert";
import { globFiles } from "./glob_files.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise [glob] " });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
await Deno.mkdir(`${folder}/in/deep`, { recursive: true });
await Deno.mkdir(`${folder}/.hidden`);
for (
  const name of [
    "a10.svs",
    "a2.svs",
    "b.tif",
    ".c.svs",
    "d+e.(f).svs",
    "in/g.svs",
    "line\nbreak.csv",
    "in/deep/h.tif",
    ".hidden/i.svs",
  ]
) {
  await Deno.writeTextFile(`${folder}/${name}`, "");
}
const root = folder.replace(/[[]/g, "[[]");

const cases: Record<string, string[]> = {
  "*.svs": ["a2.svs", "a10.svs", "d+e.(f).svs"],
  "a?.svs": ["a2.svs"],
  "l*.{x,csv}": ["line\nbreak.csv"],
  "line?break.csv": ["line\nbreak.csv"],
  "[ab]*": ["a2.svs", "a10.svs", "b.tif"],
  "[!a]*.{svs,tif}": ["b.tif", "d+e.(f).svs"],
  "{a2,b}.*": ["a2.svs", "b.tif"],
  "d+e.(f).*": ["d+e.(f).svs"],
  ".*": [".c.svs"],
  "*/*": ["in/g.svs"],
  "**/*.svs": ["a2.svs", "a10.svs", "d+e.(f).svs", "in/g.svs"],
  "**": [
    "a2.svs",
    "a10.svs",
    "b.tif",
    "d+e.(f).svs",
    "in/deep/h.tif",
    "in/g.svs",
    "line\nbreak.csv",
  ],
  "in/**/h.*": ["in/deep/h.tif"],
  "in": [],
  "none/*": [],
};
for (const [pattern, expected] of Object.entries(cases)) {
  Deno.test(`globFiles() finds ${pattern}`, async () => {
    const found = await globFiles(`${root}/${pattern}`);
    assertEquals(
      found.map(({ path }) => path),
      expected.map((name) => `${folder}/${name}`),
    );
  });
}
