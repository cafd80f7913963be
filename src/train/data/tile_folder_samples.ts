import { parseCsv } from "../../io/csv.ts";
import { PictureLabels } from "../../labels/picture_labels.ts";
import { toNormalization } from "../../predict/checkpoint_metadata.ts";
import { openSlide } from "../../slide/open_slide.ts";
import type { Sample, SampleSource } from "./sample.ts";
import { INDEX_HEADER, type TileFolderSummary } from "./tile_folder_writer.ts";

/**
 * Takes samples from a folder that `deno task tile` or {@linkcode TileFolderWriter} wrote. Pictures may have been edited,
 * lines of `index.csv` removed or added; any PNG of the right size will do. Deno only.
 *
 * @throws {SyntaxError} If `index.csv` or `tiles.json` is malformed; the message names the line.
 * @throws {Error} If one is missing.
 */
export async function tileFolderSamples(folder: string): Promise<SampleSource> {
  const { size, downsample, mpp, slideMpp, slides, mean, std } =
    await readSummary(`${folder}/tiles.json`);
  const normalization = toNormalization(mean, std);
  const files = new Map<Sample, { picture: string; mask: string }>();
  const samples: Sample[] = [];
  const [header, ...records] = parseCsv(await readText(`${folder}/index.csv`));
  if (header?.fields.join() !== INDEX_HEADER) {
    throw new SyntaxError(
      `Cannot read tiles as the header of index.csv must be "${INDEX_HEADER}": received "${
        header?.fields.join().slice(0, 60) ?? ""
      }"`,
    );
  }
  for (const { fields, line } of records) {
    const [slide, x, y, picture, mask, , positive] = fields;
    const numbers = [x, y, positive].map(Number);
    if (
      fields.length !== 7 || !slide || !picture || !mask ||
      !numbers.every(Number.isSafeInteger)
    ) {
      throw new SyntaxError(
        `Cannot read tiles as line ${line} of index.csv must hold ${INDEX_HEADER}: received "${
          fields.join().slice(0, 60)
        }"`,
      );
    }
    const sample = {
      index: samples.length,
      slide,
      x: numbers[0],
      y: numbers[1],
      positive: numbers[2],
    };
    samples.push(sample);
    files.set(sample, {
      picture: `${folder}/${picture}`,
      mask: `${folder}/${mask}`,
    });
  }
  const names = new Set([...slides, ...samples.map(({ slide }) => slide)]);
  const filled = new Set(samples.map(({ slide }) => slide));
  const warnings = [...names].filter((name) => !filled.has(name))
    .map((name) => `"${name}" has no tile`);
  if (std?.includes(0)) {
    warnings.push(
      "a channel is the same all over: what tiles.json measured is not used",
    );
  }
  return {
    size,
    downsample,
    mpp,
    slideMpp,
    slides: [...names],
    samples,
    normalization,
    warnings,
    async read(sample, { expansion = 0, signal } = {}) {
      const file = files.get(sample);
      if (!file || expansion !== 0) {
        throw new RangeError(
          `Cannot read a sample as it is of this folder, whose tiles have no expansion: received "${sample.slide}" and ${expansion}`,
        );
      }
      const whole = { x: 0, y: 0, width: size, height: size };
      await using picture = await openSlide(file.picture, { signal });
      if (picture.width !== size || picture.height !== size) {
        throw new RangeError(
          `Cannot read tile "${file.picture}" as it must be of ${size} px a side: received ${picture.width}×${picture.height}`,
        );
      }
      await using labels = await PictureLabels.open(file.mask, whole, {
        signal,
      });
      const [pixels, mask] = await Promise.all([
        picture.readRegion(whole, { signal }),
        labels.readRegion(whole, { signal }),
      ]);
      return { sample, side: size, pixels, mask };
    },
  };
}

async function readSummary(path: string): Promise<TileFolderSummary> {
  const text = await readText(path);
  let summary: Partial<TileFolderSummary> | null | undefined;
  try {
    summary = JSON.parse(text);
  } catch {
    // Said below.
  }
  const { size = 0, downsample, mpp, slides, mean, std } = summary ?? {};
  const fits = Number.isInteger(size) && size > 0 &&
    (mpp ?? downsample ?? 0) > 0 &&
    Array.isArray(slides);
  if (!fits) {
    throw new SyntaxError(
      `Cannot read tiles as tiles.json must hold size, downsample or mpp, and slides: received "${
        text.slice(0, 60)
      }"`,
    );
  }
  const scales = summary?.slideMpp;
  if (scales && !(scales.length === 2 && scales.every?.((mpp) => mpp > 0))) {
    throw new SyntaxError(
      `Cannot read tiles: slideMpp of tiles.json must be two numbers above 0, not ${
        JSON.stringify(scales)
      }`,
    );
  }
  // A channel without deviation is no mistake, though of no use.
  const above = std?.map?.((value) => value || 1);
  if ((mean ?? std) !== undefined && !toNormalization(mean, above)) {
    throw new SyntaxError(
      `Cannot read tiles as mean and std of tiles.json must be three numbers of 0 to 1 each: received ${
        JSON.stringify({ mean, std })
      }`,
    );
  }
  return summary as TileFolderSummary;
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new Error(
      `Cannot read tiles as their folder must have an index: received "${path}" (${
        (cause as Error).message
      })`,
      { cause },
    );
  }
}
