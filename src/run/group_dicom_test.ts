import { assertEquals } from "@std/assert";
import {
  type Attributes,
  makeDicomPicture,
} from "../../tests/helpers/make_dicom.ts";
import { listSlides } from "./list_slides.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-series-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

let count = 0;
async function write(
  path: string,
  { side = 16, ...more }: Attributes & { readonly side?: number } = {},
): Promise<void> {
  await Deno.mkdir(`${folder}/${path.replace(/[^/]*$/, "")}`, {
    recursive: true,
  });
  const picture = makeDicomPicture({
    width: side,
    height: side,
    pixels: new Uint8Array(side * side * 3),
    more: { SOPInstanceUID: `1.2.${count++}`, ...more },
  });
  await Deno.writeFile(`${folder}/${path}`, picture);
}

const sources = async (...paths: string[]) =>
  (await listSlides(paths.map((path) => `${folder}/${path}`)))
    .map(({ source, error }) =>
      error ? String(error) : source.replace(`${folder}/`, "")
    );

await write("one/a.dcm", { side: 8 });
await write("one/b.dcm", { side: 32 });
await write("one/c.dcm", { ImageType: "ORIGINAL\\PRIMARY\\LABEL" });
const other = { SeriesInstanceUID: "1.2.8" };
await write("two/a.dcm", { side: 8 });
await write("two/b.dcm", { side: 32 });
await write("two/c.dcm", { side: 8, ...other });
await write("two/d.dcm", { side: 32, ...other });
await write("two/e.dcm", { SOPClassUID: "1.2.3" });

Deno.test("listSlides() takes a folder of one DICOM series for a slide", async () => {
  assertEquals(await sources("one"), ["one"]);
  assertEquals(await sources("one/*.dcm"), ["one/b.dcm"]);
  assertEquals(await sources("one/a.dcm", "one/c.dcm"), ["one/a.dcm"]);
  assertEquals(await sources("one/c.dcm"), ["one/c.dcm"]);
  await write("uids/1.2.840.113.1");
  assertEquals(await sources("uids"), ["uids"]);
  await Deno.remove(`${folder}/uids`, { recursive: true });
});

Deno.test("listSlides() takes several DICOM series for a slide each", async () => {
  assertEquals(await sources("two"), ["two/b.dcm", "two/d.dcm"]);
  assertEquals(await sources("**"), ["one/b.dcm", "two/b.dcm", "two/d.dcm"]);
  assertEquals(await sources("one", "two/*"), [
    "one",
    "two/b.dcm",
    "two/d.dcm",
  ]);
});

Deno.test("listSlides() keeps DICOM files that cannot be read, and what are not slides by themselves", async () => {
  await write("odd/a.dcm");
  await Deno.writeTextFile(
    `${folder}/odd/b.dcm`,
    `${"\0".repeat(128)}DICM\x02\0`,
  );
  assertEquals(await sources("odd"), ["odd/a.dcm", "odd/b.dcm"]);
  await write("none/a.dcm", { SOPClassUID: "1.2.3" });
  await write("none/b.dcm", { SOPClassUID: "1.2.3" });
  assertEquals(await sources("none"), ["none/a.dcm", "none/b.dcm"]);
  await Deno.writeTextFile(`${folder}/none/c.svs`, "");
  assertEquals(await sources("none"), ["none/c.svs"]);
  await Deno.remove(`${folder}/odd`, { recursive: true });
  await Deno.remove(`${folder}/none`, { recursive: true });
});
