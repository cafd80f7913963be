/**
 * Writes a synthetic PAS-stained kidney slide with its ground truth:
 *
 *     deno run --allow-read --allow-write examples/synthetic_slide.ts --seed 1 --size 4096 --out slide.tif
 *
 * gives `slide.tif`, `slide.rle.csv` (`id,encoding`) and `slide.geojson`; with `--classes` also `slide.mask.tif`,
 * which has 1 in glomeruli and 2 in vessels.
 *
 * @module
 */
import { basename } from "node:path";
import { cannot } from "../src/errors/cannot.ts";
import type { MaskBand } from "../src/masks/mask_band.ts";
import { ObjectSink } from "../src/masks/polygons/object_sink.ts";
import { RleEncoder } from "../src/masks/rle/rle_encoder.ts";
import { createTiffWriter } from "../src/masks/tiff/tiff_writer.ts";
import { writeBands } from "../src/masks/write_mask.ts";
import { generateSlide } from "./synthetic/generate_slide.ts";
import { parseArgs } from "@std/cli/parse-args";

export {
  generateSlide,
  type GenerateSlideOptions,
  type SyntheticBand,
  type SyntheticSlide,
} from "./synthetic/generate_slide.ts";

/** Options for {@linkcode writeSyntheticSlide}. */
export interface WriteSyntheticSlideOptions {
  /** Random seed, any integer; the same seed gives the same slide. */
  readonly seed: number;
  /** Width and height in pixels. Default: 4096. */
  readonly size?: number;
  /** Width in pixels. */
  readonly width?: number;
  /** Height in pixels. */
  readonly height?: number;
  /** Whether to write the ground truth of two classes, {@linkcode CLASSES}, as well. Default: false. */
  readonly classes?: boolean;
  /** Stops early; no file is left behind. */
  readonly signal?: AbortSignal;
}

/** The files of a synthetic slide. */
export interface SyntheticSlideFiles {
  /** The slide: a tiled, deflated RGB TIFF. */
  readonly slide: string;
  /** The glomeruli, run-length encoded: a CSV of `id,encoding`. */
  readonly rle: string;
  /** The glomeruli's outlines. */
  readonly geojson: string;
  /** The numbers of two classes, if they were requested. */
  readonly mask?: string;
  /** Number of glomeruli. */
  readonly glomeruli: number;
}

/** The classes of a ground truth of two, in the order of their numbers from 1. */
export const CLASSES = ["glomerulus", "vessel"] as const;

/**
 * Writes the slide of a seed as `NAME.tif`, with its ground truth as `NAME.rle.csv` and `NAME.geojson` next to it, and that of
 * two classes as `NAME.mask.tif` if requested. Memory holds a band of rows, not the slide. Deno only.
 *
 * @param path The file; must end in `.tif` or `.tiff`.
 * @throws {RangeError} If a size is not a positive integer, or the path has another extension.
 * @throws {Error} If a file cannot be written.
 */
export async function writeSyntheticSlide(
  path: string,
  options: WriteSyntheticSlideOptions,
): Promise<SyntheticSlideFiles> {
  const { seed, size = 4096, width = size, height = size, signal } = options;
  const slide = generateSlide({ seed, width, height });
  const stem = path.replace(/\.tiff?$/i, "");
  if (stem === path) {
    throw cannot(
      `write slide "${path}"`,
      "its name must end in .tif or .tiff",
      {
        kind: RangeError,
      },
    );
  }
  const files = {
    slide: path,
    rle: `${stem}.rle.csv`,
    geojson: `${stem}.geojson`,
  };
  const mpp = { x: slide.mpp, y: slide.mpp };
  await using tiff = await createTiffWriter(path, {
    width,
    height,
    samples: 3,
    mpp,
    description: `Synthetic PAS-stained kidney, seed ${seed}`,
  });
  const mask = `${stem}.mask.tif`;
  await using truth = options.classes
    ? await createTiffWriter(mask, { width, height, samples: 1, mpp })
    : undefined;
  async function* bands(): AsyncGenerator<MaskBand> {
    for (const band of slide.bands()) {
      await tiff.writeRows(band.y, band.height, band.rgb);
      await truth?.writeRows(band.y, band.height, band.classes);
      yield band;
    }
  }
  let glomeruli = 0;
  const rle = new RleEncoder({ width, height });
  const outlines = new ObjectSink({ geojson: files.geojson }, {
    width,
    height,
    mpp,
    onObject: () => void glomeruli++,
  });
  await writeBands(bands(), [rle, outlines], { signal });
  const id = basename(stem);
  const code = [...rle.text()].join("");
  await Deno.writeTextFile(files.rle, `id,encoding\n${id},${code}\n`);
  await tiff.close();
  await truth?.close();
  return { ...files, ...(truth && { mask }), glomeruli };
}

const usage =
  `Writes a synthetic PAS-stained kidney slide with its ground truth.

  --out FILE.tif        output file (default: slide.tif)
  --seed N              random seed (default: 1)
  --size N              width and height in pixels (default: 4096)
  --width N --height N  width and height, if they differ
  --classes             also a mask of glomeruli (1) and vessels (2)`;

async function main(args: string[]): Promise<number> {
  const flags = parseArgs(args, {
    string: ["out", "seed", "size", "width", "height"],
    boolean: ["help", "classes"],
    default: { out: "slide.tif", seed: "1", size: "4096" },
    unknown: (arg) => {
      throw cannot("read the options", "unknown option", {
        received: arg,
        kind: TypeError,
      });
    },
  });
  if (flags.help) {
    console.log(usage);
    return 0;
  }
  const size = Number(flags.size);
  const files = await writeSyntheticSlide(flags.out, {
    seed: Number(flags.seed),
    width: flags.width === undefined ? size : Number(flags.width),
    height: flags.height === undefined ? size : Number(flags.height),
    classes: flags.classes,
  });
  const { slide, rle, geojson, mask, glomeruli } = files;
  const written = [slide, rle, geojson, ...mask ? [mask] : []];
  console.log([...written, `${glomeruli} glomeruli`].join("\n"));
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
