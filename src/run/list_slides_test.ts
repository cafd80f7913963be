import { assert, assertEquals } from "@std/assert";
import { makeDicomPicture } from "../../tests/helpers/make_dicom.ts";
import { MAX_INI_BYTES } from "../io/limits.ts";
import { listSlides, slideName } from "./list_slides.ts";

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

/** Makes files, with what their text says, and removes them in the end. */
async function withFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "tilewise-folders-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = `${root}/${name}`;
      await Deno.mkdir(path.replace(/[^/]*$/, ""), { recursive: true });
      await Deno.writeFile(
        path,
        typeof text === "string" ? new TextEncoder().encode(text) : text,
      );
    }
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const below = async (root: string, ...args: string[]) =>
  (await listSlides(args.map((path) => `${root}${path}`))).map((
    { source, error },
  ) => error ? String(error) : source.replace(root, "."));

const dicom = makeDicomPicture({
  ...{ width: 8, height: 8, pixels: new Uint8Array(192) },
});

/** A folder of slides that are folders, or have parts. */
const MIXED = {
  "a.ome.zarr/.zattrs": "{}",
  "a.ome.zarr/0/0/0.tif": "",
  "empty.zarr/x": "",
  "b.mrxs": "",
  "b/Slidedat.ini": "",
  "b/preview.jpg": "",
  "series/1.dcm": dicom,
  "_v_/stack1/frame_t.tif": "",
  "v.vsi": "",
  "c.svs": "",
  "c.mask.tiff": "",
  "more/d.zarr/zarr.json": "{}",
  "more/plain/zarr.json": "{}",
  "more/plain/0/1.tif": "",
  "more/study/DICOMDIR": "",
  "more/study/s1/I1.dcm": dicom,
  "more/study/e.svs": "",
  "results/c.mask.tif": "",
};

Deno.test("listSlides() takes folders that are slides for one each, and the parts of slides for none", async () => {
  await withFiles(MIXED, async (root) => {
    const own = [
      "./a.ome.zarr",
      "./b.mrxs",
      "./c.svs",
      "./empty.zarr",
      "./series",
      "./v.vsi",
    ];
    assertEquals(await below(root, ""), own);
    assertEquals(await below(root, "/"), own);
    assertEquals(
      (await below(root, "/**")).toSorted(),
      [
        ...own.filter((path) => path !== "./series"),
        "./series/1.dcm",
        "./more/d.zarr",
        "./more/plain",
        "./more/study",
        "./more/study/e.svs",
        "./more/study/s1/I1.dcm",
      ].toSorted(),
    );
    const one = ["/a.ome.zarr/", "/a.ome.zarr", "/series", "/b"];
    for (const path of one) assertEquals(await below(root, path), [`.${path}`]);
    assertEquals(await below(root, "/series/**"), ["./series/1.dcm"]);
    assertEquals(await below(root, "/more/study"), [
      "./more/study",
      "./more/study/e.svs",
      "./more/study/s1",
    ]);
    assertEquals(await below(root, "/*.zarr", "/**/*.zarr"), [
      "./a.ome.zarr",
      "./empty.zarr",
      "./more/d.zarr",
    ]);
    assertEquals((await below(root, "/more/p*"))[0], "./more/plain");
    await Deno.writeTextFile(`${root}/ids.csv`, "id\nc\nempty\n");
    assertEquals(await below(root, "/ids.csv"), ["./c.svs", "./empty.zarr"]);
  });
});

Deno.test("listSlides() hides the JPEGs that a VMS names, and no others", async () => {
  const ini = (size = 0) =>
    "[Virtual Microscope Specimen]\r\nImageFile=s-0.jpg\r\nImageFile(1,0) = s-1.JPG\r\nMapFile=s_map2.jpg\r\nMacroImage=macro.jpeg\r\nOptimisationFile=s.opt\r\n"
      .padEnd(size);
  const jpegs = ["s-0.jpg", "s-1.JPG", "s_map2.jpg", "macro.jpeg"];
  const files = Object.fromEntries(
    [...jpegs, "other.jpg", "s-9.jpg", "s.opt"].map((name) => [name, ""]),
  );
  const others = ["./other.jpg", "./s-9.jpg"];
  await withFiles({ ...files, "s.vms": ini() }, async (root) => {
    assertEquals(await below(root, ""), [...others, "./s.vms"]);
    assertEquals(await below(root, "/**"), [...others, "./s.vms"]);
    await Deno.writeTextFile(`${root}/s.vms`, ini(MAX_INI_BYTES));
    assertEquals(await below(root, ""), [...others, "./s.vms"]);
    // One that is too long to be read hides nothing.
    await Deno.writeTextFile(`${root}/s.vms`, ini(MAX_INI_BYTES + 1));
    assertEquals((await below(root, "")).length, jpegs.length + 3);
  });
});

Deno.test("slideName() is that of a file or folder, however it is written", () => {
  const names: Record<string, string> = {
    "x/a.ome.zarr": "a.ome",
    "x/a.ome.zarr/": "a.ome",
    "x\\a.svs": "a",
    "a.ome.tif": "a.ome",
    "series/": "series",
    "1.2.840.10008": "1.2.840.10008",
    "scan.2024.svs": "scan.2024",
    "https://h.org/x/a%20b.zarr/?k=v": "a b",
    "file:///x/a.zarr/": "a",
    ".hidden": ".hidden",
  };
  for (const [source, name] of Object.entries(names)) {
    assertEquals(slideName(source), name, source);
  }
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
