import { decodeRle, readRleCsv } from "../src/masks/rle/decode_rle.ts";
import { openClassMask } from "../src/slide/open_class_mask.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { generateSlide, writeSyntheticSlide } from "./synthetic_slide.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

Deno.test("writeSyntheticSlide() writes the slide, its truth and its outlines", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const size = { width: 800, height: 640 };
    const files = await writeSyntheticSlide(`${folder}/kidney.tif`, {
      seed: 2,
      ...size,
      classes: true,
    });
    const mask = new Uint8Array(size.width * size.height);
    const rgb = new Uint8Array(3 * mask.length);
    const classes = new Uint8Array(mask.length);
    for (const band of generateSlide({ seed: 2, ...size }).bands()) {
      mask.set(band.mask, band.y * size.width);
      rgb.set(band.rgb, 3 * band.y * size.width);
      classes.set(band.classes, band.y * size.width);
    }
    await using slide = await openSlide(files.slide);
    assertEquals([slide.width, slide.height, slide.mpp], [800, 640, {
      x: 1,
      y: 1,
    }]);
    assertEquals(await slide.readRegion({ x: 0, y: 0, ...size }), rgb);
    const text = await Deno.readTextFile(files.rle);
    assert(text.startsWith("id,encoding\nkidney,"));
    assertEquals(decodeRle(readRleCsv(text).get("kidney")!, size), mask);
    const { features } = JSON.parse(await Deno.readTextFile(files.geojson));
    assertEquals(features.length, files.glomeruli);
    assert(features.length > 0);
    await using two = await openClassMask(files.mask!);
    assertEquals(await two.readValues({ x: 0, y: 0, ...size }), classes);
    assertEquals(classes.map((value) => value === 1 ? 1 : 0), mask);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeSyntheticSlide() refuses a name that is no TIFF's, and leaves nothing behind when it fails", async () => {
  await assertRejects(
    () => writeSyntheticSlide("kidney.png", { seed: 1, size: 64 }),
    RangeError,
    "must end in .tif or .tiff",
  );
  const folder = await Deno.makeTempDir();
  try {
    await assertRejects(
      () =>
        writeSyntheticSlide(`${folder}/a.tif`, {
          seed: 1,
          size: 600,
          signal: AbortSignal.abort(new Error("enough")),
        }),
      Error,
      "enough",
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
