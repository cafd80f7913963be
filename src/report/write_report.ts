import { join } from "node:path";
import { AtomicFile } from "../io/atomic_file.ts";
import type { Overview } from "../masks/pictures/overview.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { batchReport, type BatchSlide } from "./batch_report.ts";
import { readEntryOf, reportEntry } from "./report_entry.ts";
import { reportPicture } from "./report_picture.ts";
import { slideReport, type SlideReportParts } from "./slide_report.ts";

/**
 * Options for {@linkcode writeReport}.
 *
 * @category Reports
 */
export interface WriteReportOptions
  extends Omit<SlideReportParts, "picture" | "date"> {
  /** The slide's picture with its complete mask. */
  readonly overview: Overview;
}

/**
 * Writes the report of a slide, a page that needs no server and fetches nothing: the slide with outlines, to zoom into;
 * numbers; a histogram of areas; settings, models and time. Deno only.
 *
 * @param path The file, usually `NAME.html`.
 * @throws {Error} If the file cannot be written.
 *
 * @category Reports
 */
export async function writeReport(
  path: string,
  options: WriteReportOptions,
): Promise<void> {
  const { overview, ...parts } = options;
  const picture = await reportPicture(overview);
  await AtomicFile.replace(
    path,
    slideReport({ ...parts, picture, date: timeOf(parts.summary) }),
  );
}

/** Now, unless the summary tells no times, so that the page's bytes follow from the results alone. */
function timeOf({ run, milliseconds }: MaskSummary): Date | undefined {
  return run || milliseconds ? new Date() : undefined;
}

/**
 * Writes `index.html` for the pages of a batch in `folder`: a row per slide with a link to its page `NAME.html`, which has
 * its numbers and thumbnail, or with the numbers of its summary if it has no page; and the errors of failed slides. Deno
 * only.
 *
 * @param slides The slides of the batch in order; `error` for those that failed.
 * @throws {Error} If the file cannot be written.
 *
 * @category Reports
 */
export async function writeReportIndex(
  folder: string,
  slides: readonly (Pick<BatchSlide, "name" | "error"> & {
    readonly summary?: MaskSummary;
  })[],
): Promise<void> {
  await writeIndex(
    folder,
    slides.map(({ name, error, summary }) => ({
      ...{ name, error },
      entry: summary && reportEntry(summary),
    })),
  );
}

/** Writes `index.html`, row by row: pictures of thousands of slides need not be in memory. */
export async function writeIndex(
  folder: string,
  slides: readonly BatchSlide[],
): Promise<void> {
  const read = ({ name, entry }: BatchSlide) =>
    readEntryOf(join(folder, `${name}.html`)).then((found) => found ?? entry);
  const lines: BatchSlide[] = [];
  for (const slide of slides) {
    const { name, error } = slide;
    const entry = error === undefined
      ? slide.entry ?? await read(slide)
      : undefined;
    lines.push({
      name,
      error,
      entry: entry && { ...entry, thumbnail: undefined },
    });
  }
  const isTimed = lines.every(({ entry }) => entry?.milliseconds !== 0);
  const date = isTimed ? new Date() : undefined;
  await using file = await AtomicFile.create(join(folder, "index.html"));
  const encoder = new TextEncoder();
  for await (const text of batchReport(lines, { date, read })) {
    await file.write(encoder.encode(text));
  }
  await file.close();
}
