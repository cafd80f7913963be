import { assert, assertEquals } from "@std/assert";
import { listSlides } from "./list_slides.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-list-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
await Deno.mkdir(`${folder}/within`);
for (
  const name of [
    "a.svs",
    "b.TIFF",
    "b.mask.tif",
    "b.overlay.png",
    "c.txt",
    ".d.svs",
    "within/e.tif",
  ]
) {
  await Deno.writeTextFile(`${folder}/${name}`, "");
}
const write = (name: string, text: string) =>
  Deno.writeTextFile(`${folder}/${name}`, text);
const sources = async (...args: string[]) =>
  (await listSlides(args)).map(({ source, error }) =>
    error ? String(error) : source.replace(`${folder}/`, "")
  );

Deno.test("listSlides() takes a folder's own slides, and no results", async () => {
  assertEquals(await sources(folder), ["a.svs", "b.TIFF"]);
  assertEquals(await sources(`${folder}/`), ["a.svs", "b.TIFF"]);
  assertEquals(await sources(`${folder}/**`), [
    "a.svs",
    "b.TIFF",
    "within/e.tif",
  ]);
});

Deno.test("listSlides() takes the parts of a slide for none", async () => {
  await Deno.mkdir(`${folder}/vms`);
  await write("vms/slide.vms", "");
  await write("vms/slide_0_0.jpg", "");
  await write("vms/other.png", "");
  assertEquals(await sources(`${folder}/vms`), [
    "vms/other.png",
    "vms/slide.vms",
  ]);
  await Deno.remove(`${folder}/vms`, { recursive: true });
});

Deno.test("listSlides() takes patterns at their word, but for results", async () => {
  assertEquals(await sources(`${folder}/*.*`), ["a.svs", "b.TIFF"]);
  assertEquals(await sources(`${folder}/**/*.{txt,tif}`), [
    "c.txt",
    "within/e.tif",
  ]);
});

Deno.test("listSlides() leaves files and URLs as they are, and lists each once", async () => {
  const url = "https://example.org/a*.svs?x=[1]";
  const args = [
    "none.svs",
    url,
    `${folder}/c.txt`,
    url,
    folder,
    `${folder}/a.svs`,
  ];
  assertEquals(await sources(...args), [
    "none.svs",
    url,
    "c.txt",
    "a.svs",
    "b.TIFF",
  ]);
});

Deno.test("listSlides() reads CSVs", async () => {
  await write(
    "paths.csv",
    `mpp,Path\n0.5,a.svs\n,/abs/x.tif\n,"https://e.org/y,z.tif"\n`,
  );
  assertEquals(await listSlides([`${folder}/paths.csv`]), [
    { source: `${folder}/a.svs`, mpp: 0.5 },
    { source: "/abs/x.tif", mpp: undefined },
    { source: "https://e.org/y,z.tif", mpp: undefined },
  ]);
  await write("ids.csv", "id,encoding\na,1 2\nb,\nwithin/e,\nq,\n");
  // On a file system that tells cases apart, b.TIFF is not found.
  const found = await sources(`${folder}/ids.csv`);
  assertEquals([found[0], found[2], found[3]], ["a.svs", "within/e.tif", "q"]);
  await write("within.csv", "id\ne\n");
  assertEquals(await sources(`${folder}/within.csv`), ["within/e.tif"]);
});

Deno.test("listSlides() goes on after an argument that gives no slides, and says why", async () => {
  await write("odd.csv", "name\na\n");
  await write("none.csv", "path\n");
  await write("row.csv", "path,mpp\n,1\n");
  await write("scale.csv", "path,mpp\na.svs,big\n");
  await Deno.mkdir(`${folder}/nothing`);
  const reasons: Record<string, RegExp> = {
    "odd.csv": /its header needs a column path, .* or id, received "name"$/,
    "none.csv": /it has no rows$/,
    "row.csv": /row 1 names no slide$/,
    "scale.csv": /mpp in row 1 must be a number above 0, received "big"$/,
    "*.none": /Cannot find slides in ".*\*\.none": it has no files$/,
    "within/../.e*": /it has no files$/,
    "nothing": /it has no files; use '.*nothing\/\*\*' to search subfolders$/,
  };
  for (const [name, reason] of Object.entries(reasons)) {
    const [first, second] = await sources(`${folder}/${name}`, "next.svs");
    assert(reason.test(first), first);
    assertEquals(second, "next.svs");
  }
});
