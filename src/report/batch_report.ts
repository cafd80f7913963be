import {
  formatArea,
  formatCount,
  formatDuration,
  formatNumber,
  formatUncertain,
  Markup,
  markup,
} from "./markup.ts";
import { page } from "./page.ts";
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
  const { script } = page;
  const html = pageShell({ title: `${slides.length} slides`, body, script });
  const [head, tail = ""] = html.split(ROWS);
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
  const heads = [
    ...["Objects", "Median area", "Area fraction", "Uncertain area"],
    ...["Networks disagree", "Low probability", ...(timed ? ["Time"] : [])],
  ].map((head) => markup`<th class="number">${head}</th>`);
  return markup`<section class="card scroll" tabindex="0"><table class="sortable"><thead><tr><td></td><th>Slide</th>${heads}</tr></thead><tbody>${new Markup(
    ROWS,
  )}</tbody></table></section>
<p class="quiet">Corrections teach most where much is uncertain: the area whose probability is at most 0.1 from the threshold, the area that some networks of an ensemble find and others do not, and objects whose mean probability is nearer to the threshold than to 1. A click on a head sorts.</p>`;
}

function line({ name, entry }: BatchSlide, timed: boolean): Markup {
  if (!entry) {
    return markup`<tr><td></td><td>${name}</td><td colspan="7" class="quiet">no page</td></tr>`;
  }
  const { objects, positiveFraction, width, height, thumbnail } = entry;
  const path = `${name}.html`.split("/").map(encodeURIComponent).join("/");
  const link = (shown: string | Markup) =>
    thumbnail === undefined ? shown : markup`<a href="./${path}">${shown}</a>`;
  const picture = thumbnail === undefined
    ? ""
    : markup`<img class="thumbnail" alt="" src="${thumbnail}">`;
  const area = (px?: number, um2?: number): readonly [string, number?] =>
    px === undefined
      ? [""]
      : [formatUncertain({ areaPx: px, areaUm2: um2 }), um2 ?? px];
  const { uncertainPx, uncertainUm2, uncertainObjects } = entry;
  const cells: readonly (readonly [text: string, value?: number])[] = [
    [formatCount(objects), objects],
    [medianArea(entry), entry.medianUm2 ?? entry.medianPx],
    [`${formatNumber(positiveFraction * 100)} %`, positiveFraction],
    area(uncertainPx, uncertainUm2),
    area(entry.disagreementPx, entry.disagreementUm2),
    uncertainObjects === undefined
      ? [""]
      : [formatCount(uncertainObjects), uncertainObjects],
    ...(timed
      ? [[formatDuration(entry.milliseconds), entry.milliseconds] as const]
      : []),
  ];
  const numbers = cells.map(([text, value]) =>
    markup`<td class="number" data-value="${value}">${text}</td>`
  );
  return markup`<tr><td>${link(picture)}</td><td>${
    link(name)
  }<br><span class="quiet">${formatCount(width)} × ${
    formatCount(height)
  } px · <a href="${
    viewerLink({ slide: name })
  }">View</a></span></td>${numbers}</tr>`;
}

function medianArea({ objects, medianUm2, medianPx }: ReportEntry): string {
  if (objects === 0) return "–";
  if (medianUm2 !== undefined) return formatArea(medianUm2);
  return medianPx === undefined ? "" : `${formatCount(medianPx)} px`;
}
