// Commands read scanners' formats as they read TIFF; labels are in level-0 pixels of the canvas.
import { assertEquals } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { encodeRle } from "../src/masks/rle/rle_encoder.ts";
import { openTrainingSlides } from "../src/run/training_slides.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { tileFolderSamples } from "../src/train/data/tile_folder_samples.ts";
import { openView } from "../src/view/open_view.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { cziXml, makeCzi, toBgr } from "./helpers/make_czi.ts";
import { makeDicomPicture, reduce } from "./helpers/make_dicom.ts";
import { makeNdpi, makeRestartJpeg } from "./helpers/make_ndpi.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { makeZarr, writeStore } from "./helpers/make_zarr.ts";
import { noise } from "./helpers/noise.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-scanners-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 128, height: 96 };
const picture = { ...size, pixels: noise(size.width, size.height) };

/** A slide of each kind, by its name: the path. */
const slides = {
  ndpi: `${folder}/slides/ndpi.ndpi`,
  dicom: `${folder}/slides/dicom`,
  zarr: `${folder}/slides/zarr.zarr`,
  // It lies at -100, 50 in its file, which is 0, 0 of the canvas.
  czi: `${folder}/slides/czi.czi`,
};
const paths = Object.values(slides);
await Deno.mkdir(slides.dicom, { recursive: true });
await Deno.writeFile(
  slides.ndpi,
  makeNdpi([{
    ...size,
    ...await makeRestartJpeg(picture.pixels, size, { tile: 64, quality: 40 }),
  }]),
);
await Deno.writeFile(`${slides.dicom}/1.dcm`, makeDicomPicture(picture));
const half = reduce(picture.pixels, { ...size, factor: 2 });
const measures = { PixelMeasuresSequence: [{ PixelSpacing: "0.001\\0.001" }] };
const more = { SharedFunctionalGroupsSequence: [measures] };
await Deno.writeFile(
  `${slides.dicom}/2.dcm`,
  makeDicomPicture({ ...half, more }),
);
await writeStore(await makeZarr({ picture }), slides.zarr);
await Deno.writeFile(
  slides.czi,
  makeCzi({
    blocks: [{ x: -100, y: 50, ...size, data: toBgr(picture.pixels) }],
    xml: cziXml([size.width, size.height]),
  }),
);

// What is labeled, and the same as polygons.
const [left, top, right, bottom] = [35, 20, 90, 61];
const mask = Uint8Array.from({ length: size.width * size.height }, (_, i) => {
  const [x, y] = [i % size.width, Math.floor(i / size.width)];
  return x >= left && x < right && y >= top && y < bottom ? 1 : 0;
});
const labels = `${folder}/labels`;
await Deno.mkdir(labels);
const ring = [
  ...[[left, top], [right, top], [right, bottom]],
  ...[[left, bottom], [left, top]],
];
for (const name of Object.keys(slides)) {
  await Deno.writeTextFile(
    `${labels}/${name}.geojson`,
    JSON.stringify({ type: "Polygon", coordinates: [ring] }),
  );
}

/** Runs a command that must succeed; returns what it printed. */
async function run(...args: string[]): Promise<string> {
  const { code, out, error } = await captureConsole(() => main(args));
  assertEquals(code, 0, error);
  return out;
}

Deno.test("tile cuts slides of scanners, with labels where their canvas has them", async () => {
  const out = `${folder}/tiles`;
  const args = ["--tile", "32", "--downsample", "1", "--quiet", "--out", out];
  await run("tile", ...paths, "--labels", labels, ...args);
  const source = await tileFolderSamples(out);
  assertEquals([...source.slides].sort(), Object.keys(slides).sort());
  assertEquals(source.samples.length, 4 * 12);
  for (const sample of source.samples) {
    const { pixels, mask: label } = await source.read(sample);
    const region = { x: sample.x, y: sample.y, width: 32, height: 32 };
    const path = slides[sample.slide as keyof typeof slides];
    await using slide = await openSlide(path, { threads: 0 });
    assertEquals(pixels, await slide.readRegion(region));
    const wanted = Uint8Array.from({ length: 1024 }, (_, i) => {
      const x = region.x + i % 32;
      return mask[(region.y + Math.floor(i / 32)) * size.width + x];
    });
    assertEquals(label, wanted, `${sample.slide} ${sample.x} ${sample.y}`);
  }
});

Deno.test("evaluate compares with labels on the canvas of scanners' slides", async () => {
  const predicted = `${folder}/predicted.csv`;
  const code = encodeRle(mask, size);
  const rows = Object.keys(slides).map((name) => `${name},${code}\n`);
  await Deno.writeTextFile(predicted, `id,predicted\n${rows.join("")}`);
  const args = ["--labels", labels, "--predicted", predicted];
  const lines = (await run("evaluate", ...paths, ...args)).trim().split("\n");
  assertEquals(
    lines.map((line) => /^(\S+) .*Dice ([\d.]+)/.exec(line)?.slice(1)),
    [...Object.keys(slides), "all"].map((name) => [name, "1.0000"]),
  );
});

Deno.test("openTrainingSlides() finds slides of scanners in a folder, and labels on their canvas", async () => {
  const options = { labels: [labels] };
  const read = `${folder}/slides`;
  await using found = await openTrainingSlides(read, options);
  const names = found.slides.map(({ slide }) => slide.name);
  assertEquals(names.sort(), Object.keys(slides).sort());
  for (const { slide, labels } of found.slides) {
    const region = { x: 0, y: 0, ...size };
    assertEquals(await labels.readRegion(region), mask, slide.name);
  }
  assertEquals(found.warnings, []);
});

Deno.test("openView() shows slides of scanners with masks of their canvas", async () => {
  const gray = mask.map((value) => value * 255);
  const path = `${folder}/some.mask.tif`;
  await Deno.writeFile(
    path,
    await makeTiff([{ ...size, pixels: gray, samples: 1 }]),
  );
  const pictures: Record<string, Uint8Array[]> = { slide: [], mask: [] };
  for (const [name, slide] of Object.entries(slides)) {
    await using view = await openView(slide, { mask: path });
    const { width, height, layers } = view.description;
    assertEquals([width, height, view.description.name], [128, 96, name]);
    assertEquals(layers.map(({ id }) => id), ["slide", "mask"]);
    for (const { id, maxZoom } of layers) {
      const layer = view.layers.get(id)!;
      const tile = await layer.tile(maxZoom, { column: 0, row: 0 });
      pictures[id].push(tile);
    }
  }
  const [, dicom, zarr, czi] = pictures.slide;
  assertEquals([zarr, czi], [dicom, dicom]);
  assertEquals(new Set(pictures.mask.map((tile) => tile.toHex())).size, 1);
});
