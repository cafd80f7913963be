import { planResults } from "./find_results.ts";
import { assertEquals, assertThrows } from "@std/assert";

type Format = "json" | "html";
const plan = (
  sources: readonly string[],
  { keepFolders = true, formats = ["json"] as Format[] } = {},
) =>
  planResults(
    sources.map((source) => ({ source })),
    { out: "out", keepFolders, formats: new Set(formats) },
  );
const places = (...sources: string[]) => plan(sources).map((one) => one.place);

Deno.test("planResults() names results after slides, whatever kind of source", () => {
  const planned = plan(
    [
      "in/a.ome.tif",
      "https://e.org/x/b%20c.svs?key=1",
      ".hidden",
      "C:\\d\\e.svs",
    ],
    { keepFolders: false },
  );
  assertEquals(planned.map(({ name, out }) => `${out}/${name}`), [
    "out/a.ome",
    "out/b c",
    "out/.hidden",
    "out/e",
  ]);
});

Deno.test("planResults() keeps folders from the innermost that holds all slides", () => {
  assertEquals(places("in/x/a.tif", "in/y/a.tif"), ["x/a", "y/a"]);
  assertEquals(places("in/a.tif", "in/y/z/a.tif"), ["a", "y/z/a"]);
  assertEquals(places("in/x/a.tif", "in/x/b.tif"), ["a", "b"]);
  // Folders that are slides lie in folders, too.
  assertEquals(places("in/x/a.ome.zarr/", "in/y/series/", "in/y/z/a.zarr"), [
    "x/a.ome",
    "y/series",
    "y/z/a",
  ]);
  assertEquals(places("https://e.org/s/a.zarr/", "https://e.org/b.zarr"), [
    "s/a",
    "b",
  ]);
  // Never out of the output folder, and one folder by two names is one.
  assertEquals(places("../q/a.tif", `${Deno.cwd()}/../q/r/a.tif`), [
    "a",
    "r/a",
  ]);
  assertEquals(places("./in/x/a.tif", "in/../in/y/a.tif"), ["x/a", "y/a"]);
  assertEquals(places("/abs/x/a.tif", "https://e.org/s/b.tif"), ["a", "b"]);
  assertEquals(places("https://e.org/s/a.tif", "https://f.org/s/a.tif"), [
    "e.org/s/a",
    "f.org/s/a",
  ]);
});

Deno.test("planResults() refuses two slides of one name, with the way out that helps", () => {
  const refused = (sources: string[], keepFolders: boolean, message: string) =>
    assertThrows(() => plan(sources, { keepFolders }), Error, message);
  refused(["x/a.tif", "y/a.svs"], false, "use --keep-folders");
  refused(["x/a.tif", "x/a.svs"], false, "rename one");
  refused(
    ["x/a.tif", "x/a.svs"],
    true,
    '"x/a.tif" and "x/a.svs" have the same name, "a"; rename one',
  );
  refused(
    ["https://e.org/a.tif?key=1", "https://f.org/a.tif"],
    false,
    '"https://e.org/a.tif" and "https://f.org/a.tif" have the same name, "a"',
  );
});

Deno.test("planResults() keeps index.html for the page over all slides", () => {
  const html = { keepFolders: true, formats: ["html"] as Format[] };
  assertThrows(() => plan(["index.tif"], html), Error, "rename the slide");
  assertEquals(plan(["index.tif"]).length, 1);
  assertEquals(plan(["x/index.tif", "a.tif"], html)[0].place, "x/index");
});

Deno.test("planResults() refuses names that are too long for the requested results", () => {
  // .json, and 23 bytes while it is written
  const most = 255 - 5 - 23;
  plan([`in/${"a".repeat(most)}.tif`]);
  for (const length of [most + 1, 246]) {
    assertThrows(
      () => plan([`in/${"a".repeat(length)}.tif`]),
      Error,
      `a name of ${length} bytes is too long`,
    );
  }
});
