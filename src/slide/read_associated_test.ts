import { assert, assertEquals, assertRejects } from "@std/assert";
import { makeTiff, type PageSpec } from "../../tests/helpers/make_tiff.ts";
import { noise } from "../../tests/helpers/noise.ts";
import { openPages } from "../../tests/helpers/open_pages.ts";
import { base64Source } from "./base64_source.ts";
import { openSlide } from "./open_slide.ts";

const jpeg = await Deno.readFile(
  new URL("../../tests/golden/pictures/exif6.jpg", import.meta.url),
);

function page(
  width: number,
  height: number,
  more: Partial<PageSpec> = {},
): PageSpec {
  return { width, height, pixels: noise(width, height), ...more };
}

const tile = { width: 16, height: 16 };
const described = (text: string) => ({ 270: `Aperio x\r\n${text}` });
const label = (width: number, height: number, tags: PageSpec["tags"] = {}) =>
  page(width, height, { tags: { ...tags, ...described("label") } });

Deno.test("readAssociated() reads pictures beside the slide, upright, each by a name of its own", async () => {
  await using slide = await openPages([
    page(64, 48, { tile, tags: described("64x48") }),
    page(16, 12),
    label(39, 46),
    label(20, 10, { 274: 6 }),
    page(9, 8, { tile, tags: described("macro") }),
  ]);
  assertEquals(slide.associated, [
    { name: "thumbnail", width: 16, height: 12 },
    { name: "label", width: 39, height: 46 },
    { name: "label-2", width: 10, height: 20 },
    { name: "macro", width: 9, height: 8 },
  ]);
  assertEquals(slide.levels.length, 1);
  assertEquals(await slide.readAssociated("label"), {
    ...{ width: 39, height: 46, pixels: noise(39, 46) },
  });
  assertEquals((await slide.readAssociated("macro")).pixels, noise(9, 8));
  const turned = await slide.readAssociated("label-2");
  // Orientation 6: the first row is the right side, from above.
  const stored = noise(20, 10);
  const shown = Uint8Array.from({ length: 600 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 10, Math.floor(i / 30)];
    return stored[((9 - x) * 20 + y) * 3 + i % 3];
  });
  assertEquals(turned, { width: 10, height: 20, pixels: shown });
});

Deno.test("readAssociated() says what there is, what is too large or unread, and that the slide is closed", async () => {
  const slide = await openPages([
    page(64, 48, { tile, tags: described("64x48") }),
    page(16, 12, { tags: { 259: 3 } }),
    { ...label(20, 10), width: 2 ** 14, height: 2 ** 13, rowsPerStrip: 1 },
  ]);
  const fails = async (
    name: string,
    kind: ErrorConstructor | typeof RangeError,
    reason: string,
  ) => {
    await assertRejects(
      () => slide.readAssociated(name),
      kind,
      `Cannot read the ${name} of slide "made": ${reason}`,
    );
  };
  await fails("macro", RangeError, "its pictures are thumbnail, label");
  await fails("label", Error, "it has 16384×8192 pixels, more than 67108864");
  await fails("thumbnail", Error, "its compression is not supported: CCITT");
  const stop = new AbortController();
  stop.abort(new Error("enough"));
  await assertRejects(
    () => slide.readAssociated("label", { signal: stop.signal }),
    Error,
    "enough",
  );
  await slide[Symbol.asyncDispose]();
  await fails("label", TypeError, "it is closed");
  await using plain = await openPages([page(16, 16)]);
  assertEquals(plain.associated, []);
  await assertRejects(
    () => plain.readAssociated("label"),
    RangeError,
    "it has no pictures beside it",
  );
});

const philips = (data: string, more = "") =>
  `<DataObject ObjectType="DPUfsImport"><Attribute Name="DICOM_MANUFACTURER">PHILIPS</Attribute>${more}<Array><DataObject ObjectType="DPScannedImage"><Attribute Name="PIM_DP_IMAGE_TYPE">LABELIMAGE</Attribute><Attribute Name="PIM_DP_IMAGE_DATA">${data}</Attribute></DataObject></Array></DataObject>`;

const philipsFile = async (xml: string): Promise<Blob> => {
  const tags = { 305: "Philips DP v1.0", 270: xml };
  return new Blob([await makeTiff([page(32, 16, { tile, tags })])]);
};

Deno.test("readAssociated() reads Philips' pictures out of the XML, and an open slide says why not", async () => {
  const text = jpeg.toBase64().replace(/.{60}/g, "$&\n");
  await using slide = await openSlide(await philipsFile(philips(text)));
  await using alone = await openSlide(new Blob([jpeg]));
  const size = { width: alone.width, height: alone.height };
  assert(size.width > size.height);
  assertEquals(slide.associated, [{ name: "label", ...size }]);
  assertEquals(await slide.readAssociated("label"), {
    ...size,
    pixels: await alone.readRegion({ x: 0, y: 0, ...size }),
  });
  assertEquals(slide.levels.length, 1);
  for (const data of ["AAAA", "/9j", "%", "", text.slice(0, 8)]) {
    await using other = await openSlide(await philipsFile(philips(data)));
    assertEquals(other.associated, [], data);
  }
});

Deno.test("base64Source() gives any range of what is encoded", async () => {
  for (const length of [0, 1, 2, 3, 4, 11]) {
    const bytes = Uint8Array.from({ length }, (_, i) => 250 - i);
    const source = base64Source(` ${bytes.toBase64()}\r\n`);
    assertEquals(source.size, length);
    for (let from = 0; from <= length; from++) {
      for (let end = from; end <= length; end++) {
        assertEquals(
          await source.read(from, end - from),
          bytes.slice(from, end),
        );
      }
    }
    await assertRejects(async () => await source.read(0, length + 1));
    await source.close();
  }
});
