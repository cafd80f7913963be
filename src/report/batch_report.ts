import {
  formatArea,
  formatCount,
  formatDuration,
  formatNumber,
  Markup,
  markup,
} from "./markup.ts";
import { pageShell } from "./page_shell.ts";
import type { ReportEntry } from "./report_entry.ts";
import { viewerLink } from "./viewer_link.ts";

/**
 * A slide of a batch.
 *
 * @category Reports
 */
export interface BatchSlide {
  /** Its name with the folders of its page (`FOLDER/NAME`), or its path if it could not be opened. */
  readonly name: string;
  /** Its entry, if known. */
  readonly entry?: ReportEntry;
  /** The error in one line, if it failed. */
  readonly error?: string;
}

const VIEWER =
  markup`<p class="quiet">“View” opens a slide at full resolution while this runs: <code>tilewise view SLIDES --results FOLDER</code>, with the folder of this page.</p>`;

/** Where a page's rows come. */
const ROWS = "<!--rows-->";

/**
 * Makes the page of a batch, piece by piece: a row per slide with picture, numbers and a link to its page; failures first.
 *
 * @param options.date Time of the run. Default: no times are shown.
 * @param options.read Reads the entry of a slide for its row, with the thumbnail. Default: that of the slide.
 */
export async function* batchReport(
  slides: readonly BatchSlide[],
  { date, read }: {
    readonly date?: Date;
    readonly read?: (slide: BatchSlide) => Promise<ReportEntry | undefined>;
  },
): AsyncGenerator<string, void, undefined> {
  const failed = slides.filter(({ error }) => error !== undefined);
  const done = slides.filter(({ error }) => error === undefined);
  const objects = done.reduce(
    (sum, { entry }) => sum + (entry?.objects ?? 0),
    0,
  );
  const time = done.reduce(
    (sum, { entry }) => sum + (entry?.milliseconds ?? 0),
    0,
  );
  const figures: [string, string][] = [
    ["Slides", formatCount(slides.length)],
    ["Failed", formatCount(failed.length)],
    ["Objects", formatCount(objects)],
  ];
  if (date) figures.push(["Time", formatDuration(time)]);
  const body = markup`<header><h1>${formatCount(slides.length)} slide${
    slides.length === 1 ? "" : "s"
  }</h1>
${
    date
      ? markup`<p>${date.toISOString().slice(0, 16).replace("T", " ")} UTC</p>`
      : ""
  }${done.length > 0 ? VIEWER : ""}</header>
<dl class="figures">${
    figures.map(([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
    )
  }</dl>
${failed.length > 0 ? failures(failed) : ""}
${done.length > 0 ? table(date !== undefined) : ""}`;
  const page = pageShell({ title: `${slides.length} slides`, body });
  const [head, tail = ""] = page.split(ROWS);
  yield head;
  for (const slide of done) {
    const entry = read ? await read(slide) : slide.entry;
    yield String(line({ ...slide, entry }, date !== undefined));
  }
  yield tail;
}

function failures(slides: readonly BatchSlide[]): Markup {
  const rows = slides.map(({ name, error }) =>
    markup`<tr><td>${name}</td><td class="bad">${error}</td></tr>`
  );
  return markup`<section class="card failed" style="margin-bottom: 1rem"><h2 class="bad">Failed</h2><table>${rows}</table></section>`;
}

function table(timed: boolean): Markup {
  return markup`<section class="card scroll"><table><thead><tr><th></th><th>Slide</th><th class="number">Objects</th><th class="number">Median area</th><th class="number">Area fraction</th>${
    timed ? markup`<th class="number">Time</th>` : ""
  }</tr></thead><tbody>${new Markup(ROWS)}</tbody></table></section>`;
}

function line({ name, entry }: BatchSlide, timed: boolean): Markup {
  if (!entry) {
    return markup`<tr><td></td><td>${name}</td><td colspan="4" class="quiet">no page</td></tr>`;
  }
  const { objects, positiveFraction, width, height, thumbnail } = entry;
  const path = `${name}.html`.split("/").map(encodeURIComponent).join("/");
  const link = (shown: string | Markup) =>
    thumbnail === undefined ? shown : markup`<a href="./${path}">${shown}</a>`;
  const picture = thumbnail === undefined
    ? ""
    : markup`<img class="thumbnail" alt="" src="${thumbnail}">`;
  const cells = [
    formatCount(objects),
    medianArea(entry),
    `${formatNumber(positiveFraction * 100)} %`,
    ...(timed ? [formatDuration(entry.milliseconds)] : []),
  ].map((value) => markup`<td class="number">${value}</td>`);
  return markup`<tr><td>${link(picture)}</td><td>${
    link(name)
  }<br><span class="quiet">${formatCount(width)} × ${
    formatCount(height)
  } px · <a href="${
    viewerLink({ slide: name })
  }">View</a></span></td>${cells}</tr>`;
}

function medianArea({ objects, medianUm2, medianPx }: ReportEntry): string {
  if (objects === 0) return "–";
  if (medianUm2 !== undefined) return formatArea(medianUm2);
  return medianPx === undefined ? "" : `${formatCount(medianPx)} px`;
}
