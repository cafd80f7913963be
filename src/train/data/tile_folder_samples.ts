import { cannot, reasonOf } from "../../errors/cannot.ts";
import { faultOfClasses, type MaskClass } from "../../io/classes.ts";
import { parseCsv } from "../../io/csv.ts";
import { ClassPictureLabels } from "../../labels/class_labels.ts";
import { PictureLabels } from "../../labels/picture_labels.ts";
import { toNormalization } from "../../predict/checkpoint_metadata.ts";
import { openSlide } from "../../slide/open_slide.ts";
import type { Sample, SampleSource } from "./sample.ts";
import {
  CLASS_INDEX_HEADER,
  INDEX_HEADER,
  type TileFolderSummary,
} from "./tile_folder_writer.ts";

/**
 * Reads samples from a folder that `deno task tile` or {@linkcode TileFolderWriter} wrote. Tiles may have been edited, and
 * lines of `index.csv` removed or added; any PNG of the right size works. Deno only.
 *
 * @throws {SyntaxError} If `index.csv` or `tiles.json` is malformed. The message names the line.
 * @throws {Error} If one of them is missing.
 *
 * @category Training data
 */
export async function tileFolderSamples(folder: string): Promise<SampleSource> {
  const { size, downsample, mpp, slideMpp, classes, slides, mean, std } =
    await readSummary(`${folder}/tiles.json`);
  const columns = classes ? CLASS_INDEX_HEADER : INDEX_HEADER;
  const normalization = toNormalization(mean, std);
  const files = new Map<Sample, { picture: string; mask: string }>();
  const samples: Sample[] = [];
  const index = `${folder}/index.csv`;
  const [header, ...records] = parseCsv(await readText(index));
  if (header?.fields.join() !== columns) {
    throw cannot(`read "${index}"`, `the header must be ${columns}`, {
      received: header?.fields.join().slice(0, 60) ?? "",
      kind: SyntaxError,
    });
  }
  for (const { fields, line } of records) {
    const [slide, x, y, picture, mask, , positive, each = ""] = fields;
    const counts = classes && each.split(" ").map(Number);
    const numbers = [x, y, positive, ...counts ?? []].map(Number);
    if (
      fields.length !== header.fields.length ||
      counts?.length !== classes?.length || !slide || !picture || !mask ||
      !numbers.every(Number.isSafeInteger)
    ) {
      throw cannot(
        `read "${index}"`,
        `line ${line} must hold ${columns}`,
        { received: fields.join().slice(0, 60), kind: SyntaxError },
      );
    }
    const sample = {
      index: samples.length,
      slide,
      x: numbers[0],
      y: numbers[1],
      positive: numbers[2],
      ...(counts && { counts }),
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
      "a channel is constant: mean and std of tiles.json are not used",
    );
  }
  return {
    size,
    downsample,
    mpp,
    slideMpp,
    ...(classes && { classes }),
    slides: [...names],
    samples,
    normalization,
    warnings,
    async read(sample, { expansion = 0, signal } = {}) {
      const file = files.get(sample);
      if (!file || expansion !== 0) {
        throw cannot(
          `read sample of "${sample.slide}"`,
          file
            ? `tiles in a folder have no expansion, received ${expansion}`
            : "the folder does not have it",
          { kind: RangeError },
        );
      }
      const whole = { x: 0, y: 0, width: size, height: size };
      await using picture = await openSlide(file.picture, { signal });
      if (picture.width !== size || picture.height !== size) {
        throw cannot(
          `read tile "${file.picture}"`,
          `it must have ${size}×${size} pixels, received ${picture.width}×${picture.height}`,
          { kind: RangeError },
        );
      }
      await using labels = classes
        ? await ClassPictureLabels.open(
          file.mask,
          { ...whole, classes: classes.map(({ name }) => name) },
          { signal },
        )
        : await PictureLabels.open(file.mask, whole, { signal });
      const [pixels, mask] = await Promise.all([
        picture.readRegion(whole, { signal }),
        labels.readRegion(whole, { signal }),
      ]);
      return { sample, side: size, pixels, mask };
    },
  };
}

/** The classes of the tiles in a folder, if there are several. */
export async function readTileClasses(
  folder: string,
): Promise<readonly MaskClass[] | undefined> {
  return (await readSummary(`${folder}/tiles.json`)).classes;
}

async function readSummary(path: string): Promise<TileFolderSummary> {
  const text = await readText(path);
  let summary: Partial<TileFolderSummary> | null | undefined;
  try {
    summary = JSON.parse(text);
  } catch {
    // Refused below.
  }
  const { size = 0, downsample, mpp, slides, mean, std } = summary ?? {};
  const fits = Number.isInteger(size) && size > 0 &&
    (mpp ?? downsample ?? 0) > 0 &&
    Array.isArray(slides);
  if (!fits) {
    throw cannot(
      `read "${path}"`,
      "it must hold size, downsample or mpp, and slides",
      { received: text.slice(0, 60), kind: SyntaxError },
    );
  }
  const fault = classFault(summary?.classes);
  if (fault !== undefined) {
    throw cannot(`read "${path}"`, `its classes do not fit: ${fault}`, {
      kind: SyntaxError,
    });
  }
  const scales = summary?.slideMpp;
  if (scales && !(scales.length === 2 && scales.every?.((mpp) => mpp > 0))) {
    throw cannot(`read "${path}"`, "slideMpp must be two positive numbers", {
      received: scales,
      kind: SyntaxError,
    });
  }
  // A constant channel is not an error, but its statistics are not used.
  const above = std?.map?.((value) => value || 1);
  if ((mean ?? std) !== undefined && !toNormalization(mean, above)) {
    throw cannot(
      `read "${path}"`,
      `mean and std must be three numbers from 0 to 1 each, received ${
        JSON.stringify({ mean, std })
      }`,
      { kind: SyntaxError },
    );
  }
  return summary as TileFolderSummary;
}

/** What is wrong with the classes of a folder, if anything; it has none if there is one class. */
function classFault(classes: unknown): string | undefined {
  if (classes === undefined) return undefined;
  const isList = Array.isArray(classes) &&
    classes.every((one) =>
      typeof one?.name === "string" &&
      (one.color === undefined || typeof one.color === "string")
    );
  return isList
    ? faultOfClasses(classes)
    : "they must be a list of names and colors";
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw cannot(`read "${path}"`, reasonOf(cause), { kind: Error, cause });
  }
}
