import type { MaskClass } from "../../src/io/classes.ts";
import { ObjectSink } from "../../src/masks/polygons/object_sink.ts";
import { TiffSink } from "../../src/masks/tiff/tiff_sink.ts";
import { writeBands } from "../../src/masks/write_mask.ts";
import { makeTiff } from "../helpers/make_tiff.ts";

/** The size of the slide. */
export const [width, height] = [900, 600];
/** Two discs: center, radius, probability. */
export const discs = [[300, 200, 60, 0.9], [650, 400, 40, 0.6]] as const;

/** A gray slide with its mask, probabilities and objects; of two classes, each disc is of another. */
export async function writeViewFiles(
  folder: string,
  classes?: readonly MaskClass[],
) {
  const files = {
    slide: `${folder}/slide.tif`,
    mask: `${folder}/mask.tif`,
    probability: `${folder}/probability.tif`,
    geojson: `${folder}/objects.geojson`,
  };
  const pixels = new Uint8Array(width * height * 3).fill(230);
  await Deno.writeFile(
    files.slide,
    await makeTiff([{ width, height, pixels }]),
  );
  const probability8 = new Uint8Array(width * height);
  for (let i = 0; i < width * height; i++) {
    for (const [x, y, radius, p] of discs) {
      if (Math.hypot(i % width - x, Math.floor(i / width) - y) < radius) {
        probability8[i] = Math.round(p * 255);
      }
    }
  }
  const mask = probability8.map((value) =>
    value === 0 ? 0 : classes && value < 200 ? 2 : 1
  );
  const size = { width, height, classes };
  await writeBands(
    (async function* () {
      yield { y: 0, ...size, mask, probability8 };
    })(),
    [
      new TiffSink(files.mask, size),
      new TiffSink(files.probability, { ...size, content: "probability" }),
      new ObjectSink({ geojson: files.geojson }, size),
    ],
  );
  return files;
}
