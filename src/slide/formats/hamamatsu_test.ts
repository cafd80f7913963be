import { assertEquals, assertThrows } from "@std/assert";
import { makeTiff } from "../../../tests/helpers/make_tiff.ts";
import { noise } from "../../../tests/helpers/noise.ts";
import { readTiffPages } from "../tiff/read_tiff_pages.ts";
import { openSource } from "../open_source.ts";
import { HAMAMATSU } from "./hamamatsu.ts";

Deno.test("Hamamatsu: lens -1 is the macro, -2 the map, and other pages are left out with the reason", async () => {
  const size = { width: 32, height: 32, pixels: noise(32, 32) };
  const lenses = [
    { lens: 40, focus: 500 },
    { lens: 40, focus: 0 },
    { lens: -1, focus: 0 },
    { lens: -2, focus: 0 },
    undefined,
  ];
  const tiff = await makeTiff(lenses.map(() => size));
  const source = await openSource(new Blob([tiff]));
  const file = {
    source,
    folder: source.folder,
    fileName: "made.ndpi",
    pages: await readTiffPages(source),
  };
  // Tags of the tests' writer are not negative.
  const pages = file.pages.map((page, i) => ({ ...page, ndpi: lenses[i] }));
  const { associated = [], ignored = [] } = await HAMAMATSU.layout({
    ...file,
    pages,
  });
  assertEquals(associated.map(({ name, page }) => [name, page.place]), [
    ["macro", "page 2"],
    ["map", "page 3"],
  ]);
  assertEquals(ignored.map(({ what, why }) => `${what}: ${why}`), [
    "page 0 (32×32 px): its focal plane is 500 nm from the slide's",
    "page 4 (32×32 px): it has no lens tag",
  ]);
});

Deno.test("Hamamatsu: a slide in one JPEG is refused where its sides or its pixels are too large", async () => {
  const size = { width: 32, height: 32, pixels: noise(32, 32) };
  const source = await openSource(new Blob([await makeTiff([size])]));
  const file = {
    source,
    folder: source.folder,
    fileName: "made.ndpi",
    pages: await readTiffPages(source),
  };
  const layoutOf = (width: number, height: number) => {
    const ndpi = { lens: 20, focus: 0 };
    const pages = file.pages.map((page) => ({ ...page, width, height, ndpi }));
    return HAMAMATSU.layout({ ...file, pages });
  };
  for (const [width, height] of [[65535, 100], [20000, 4473]]) {
    layoutOf(width, height);
  }
  for (const [width, height] of [[65536, 1], [1, 65536], [20000, 4474]]) {
    assertThrows(() => layoutOf(width, height), TypeError, "in one JPEG");
  }
});

Deno.test("Hamamatsu: two pages of the largest lens at one focus are refused", async () => {
  const size = { width: 32, height: 32, pixels: noise(32, 32) };
  const source = await openSource(new Blob([await makeTiff([size, size])]));
  const file = {
    source,
    folder: source.folder,
    fileName: "made.ndpi",
    pages: await readTiffPages(source),
  };
  const ndpi = { lens: 20, focus: 0 };
  const pages = file.pages.map((page) => ({ ...page, ndpi }));
  assertThrows(
    () => HAMAMATSU.layout({ ...file, pages }),
    TypeError,
    "at one focus",
  );
});
