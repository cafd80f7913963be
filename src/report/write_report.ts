import { AtomicFile } from "../io/atomic_file.ts";
import type { Overview } from "../masks/pictures/overview.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { batchReport, type BatchSlide } from "./batch_report.ts";
import { readEntryOf, reportEntry } from "./report_entry.ts";
import { reportPicture } from "./report_picture.ts";
import { slideReport, type SlideReportParts } from "./slide_report.ts";

/** What {@linkcode writeReport} draws together. */
export interface WriteReportOptions
  extends Omit<SlideReportParts, "picture" | "date"> {
  /** The slide's picture with its mask, complete. */
  readonly overview: Overview;
}

/**
 * Writes one run as a page that can be opened without a server and passed on: the slide with what was found, to zoom into;
 * the numbers; a histogram of areas; settings, models and time. It fetches nothing. Deno only.
 *
 * @param path Where to; `NAME.html` by habit.
 * @throws {Error} If the file cannot be written.
 */
export async function writeReport(
  path: string,
  options: WriteReportOptions,
): Promise<void> {
  const { overview, ...parts } = options;
  const picture = await reportPicture(overview);
  await AtomicFile.replace(
    path,
    slideReport({ ...parts, picture, date: new Date() }),
  );
}

/**
 * Writes `index.html` over the pages of a batch that lie in `folder`: a line a slide, with a link to its page `NAME.html`,
 * from which its numbers and its thumbnail are taken, or the numbers of its summary where it has no page; what failed, and
 * why. Deno only.
 *
 * @param slides The batch's slides in order; `error` for those that failed.
 * @throws {Error} If the file cannot be written.
 */
export async function writeReportIndex(
  folder: string,
  slides: readonly (Pick<BatchSlide, "name" | "error"> & {
    readonly summary?: MaskSummary;
  })[],
): Promise<void> {
  const lines: BatchSlide[] = [];
  for (const { name, error, summary } of slides) {
    const entry = error === undefined
      ? await readEntryOf(`${folder}/${name}.html`) ??
        (summary && reportEntry(summary))
      : undefined;
    lines.push({ name, error, entry });
  }
  await AtomicFile.replace(
    `${folder}/index.html`,
    batchReport(lines, { date: new Date() }),
  );
}
