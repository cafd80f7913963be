import type { MaskSummary } from "../masks/summarize_mask.ts";
import { areaHistogram } from "./area_histogram.ts";
import {
  formatArea,
  formatCount,
  formatDuration,
  formatNumber,
  formatUncertain,
  type Markup,
  markup,
} from "./markup.ts";
import { page } from "./page.ts";
import { pageShell } from "./page_shell.ts";
import { runCard, settingsTable, warningCard } from "./run_card.ts";
import { reportEntry } from "./report_entry.ts";
import { stages } from "./stage_card.ts";
import { viewerFrame } from "./viewer_frame.ts";
import { viewerLink } from "./viewer_link.ts";

/**
 * Pictures of a slide as data URLs.
 *
 * @category Reports
 */
export interface ReportPicture {
  /** Its width in pixels. */
  readonly width: number;
  /** Its height in pixels. */
  readonly height: number;
  /** Slide pixels per picture pixel. */
  readonly scale: number;
  /** The slide. */
  readonly slide: string;
  /** The outlines of the objects, with transparency. */
  readonly outlines: string;
  /** A thumbnail of both. */
  readonly thumbnail: string;
}

/**
 * The contents of the report of a slide.
 *
 * @category Reports
 */
export interface SlideReportParts {
  /** The summary of the run. */
  readonly summary: MaskSummary;
  /** Area of each object in pixels. */
  readonly areas: readonly number[];
  /** The slide with its outlines. */
  readonly picture: ReportPicture;
  /** Names of the files next to the page. */
  readonly files: readonly string[];
  /** Time of the run. Default: it is left out. */
  readonly date?: Date;
}

/** Makes the page of a slide: picture, numbers, histogram, settings, models, time. It is self-contained. */
export function slideReport(parts: SlideReportParts): string {
  const { summary, areas, files, date } = parts;
  const { slide } = summary;
  const um2 = slide.mpp && slide.mpp.x * slide.mpp.y;
  const scaled = um2 ? areas.map((area) => area * um2) : areas;
  const body = markup`<header>
<h1>${slide.name}</h1>
<p>${formatCount(slide.width)} × ${formatCount(slide.height)} px${
    slide.mpp ? `, ${formatNumber(slide.mpp.x)} µm/px` : ""
  }${
    date ? `; ${date.toISOString().slice(0, 16).replace("T", " ")} UTC` : ""
  }</p>
</header>
${figures(summary)}
<div class="cards">
${warningCard(summary.warnings)}
${viewer(parts)}
<section class="card"><h2>Objects by area</h2>${
    areaHistogram(scaled, { unit: um2 ? "µm²" : "px" })
  }</section>
${classTable(summary)}
${areaTable(summary)}
${stages(summary.milliseconds)}
${settingsCard(summary.settings)}
${models(summary.model)}
${runCard(summary.run, { slide: slide.path })}
${fileList(files)}
</div>`;
  return pageShell({
    title: `${slide.name}: ${objectCount(summary)}`,
    body,
    script: page.script,
    data: { ...reportEntry(summary), thumbnail: parts.picture.thumbnail },
  });
}

function objectCount({ objects }: MaskSummary): string {
  return `${formatCount(objects.count)} object${
    objects.count === 1 ? "" : "s"
  }`;
}

function figures(summary: MaskSummary): Markup {
  const { objects, region, tiles, uncertainty, milliseconds } = summary;
  const { positiveFraction } = region ?? summary;
  const { areaPx, areaUm2 } = objects;
  const percent = (share: number) => `${formatNumber(share * 100)} %`;
  const area = (name: "median" | "total") =>
    areaUm2 ? formatArea(areaUm2[name]) : `${formatNumber(areaPx[name])} px`;
  const list: [string, string][] = [
    ["Objects", formatCount(objects.count)],
    [
      region ? "Area fraction of the region" : "Area fraction",
      percent(positiveFraction),
    ],
    ["Total area", area("total")],
    ["Median area", area("median")],
    [
      "Tiles with tissue",
      `${formatCount(tiles.seen)} of ${
        formatCount(tiles.seen + tiles.skipped)
      }`,
    ],
  ];
  if (region) {
    const size = region.areaUm2 === undefined
      ? `${formatNumber(region.areaPx)} px`
      : formatArea(region.areaUm2);
    list.push(
      ["Region", size],
      ["Region of the slide", percent(region.slideFraction)],
      ["Region with tissue", percent(region.seenFraction)],
    );
  }
  if (uncertainty) {
    const { disagreementPx } = uncertainty;
    list.push(
      ["Uncertain area", formatUncertain(uncertainty)],
      ...disagreementPx === undefined ? [] : [[
        "Networks disagree",
        formatUncertain({
          areaPx: disagreementPx,
          areaUm2: uncertainty.disagreementUm2,
        }),
      ] as [string, string]],
      ["Objects of low probability", formatCount(uncertainty.objects)],
    );
  }
  if (milliseconds) list.push(["Time", formatDuration(milliseconds.total)]);
  return markup`<dl class="figures">${
    list.map(([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
    )
  }</dl>`;
}

function viewer({ picture, summary }: SlideReportParts): Markup {
  const { slide, outlines } = picture;
  return markup`<section class="card wide">
${
    viewerFrame({
      ...picture,
      mpp: summary.slide.mpp,
      label: "The slide with outlines of the objects",
      stage:
        markup`<img alt="The slide" draggable="false" src="${slide}"><img class="outlines" alt="Outlines of the objects" draggable="false" src="${outlines}">`,
      tools: undefined,
    })
  }<p class="quiet"><a href="${
    viewerLink({ slide: summary.slide.name })
  }">Full resolution in the viewer</a>, while this runs: <code>tilewise view SLIDE --results FOLDER</code>, with the folder of this page.</p>${
    legend(summary)
  }
</section>`;
}

/** The colors of several classes. */
function legend({ classes }: MaskSummary): Markup | undefined {
  if (!classes) return undefined;
  return markup`<ul class="legend" aria-label="Classes">${
    classes.map(({ name, color }) => markup`<li>${swatch(color)}${name}</li>`)
  }</ul>`;
}

function swatch(color: string): Markup {
  return markup`<span class="dot" style="background: ${color}"></span>`;
}

function classTable({ classes }: MaskSummary): Markup | undefined {
  if (!classes) return undefined;
  const rows = classes.map(({ name, color, objects, positiveFraction }) => {
    const { areaPx, areaUm2 } = objects;
    const area = (of: "median" | "total") =>
      areaUm2 ? formatArea(areaUm2[of]) : `${formatNumber(areaPx[of])} px`;
    const cells = [
      formatCount(objects.count),
      `${formatNumber(positiveFraction * 100)} %`,
      area("total"),
      area("median"),
    ].map((value) => markup`<td class="number">${value}</td>`);
    return markup`<tr><th>${swatch(color)}${name}</th>${cells}</tr>`;
  });
  return markup`<section class="card"><h2>Classes</h2><table><thead><tr><th></th><th class="number">Objects</th><th class="number">Area fraction</th><th class="number">Total area</th><th class="number">Median area</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

const AREAS = {
  min: "Minimum",
  median: "Median",
  mean: "Mean",
  max: "Maximum",
  total: "Total",
};

function areaTable({ objects }: MaskSummary): Markup {
  const { areaPx, areaUm2, leftOut } = objects;
  const names = ["min", "median", "mean", "max", "total"] as const;
  const cell = (value: number) =>
    markup`<td class="number">${formatNumber(value)}</td>`;
  const body = names.map((name) =>
    markup`<tr><th>${AREAS[name]}</th>${cell(areaPx[name])}${
      areaUm2 && cell(areaUm2[name])
    }</tr>`
  );
  const note = leftOut
    ? markup`<p class="quiet">${
      formatCount(leftOut)
    } smaller objects were left out.</p>`
    : "";
  return markup`<section class="card"><h2>Object area</h2><table><thead><tr><th></th><th class="number">px</th>${
    areaUm2 && markup`<th class="number">µm²</th>`
  }</tr></thead><tbody>${body}</tbody></table>${note}</section>`;
}

function settingsCard(
  settings: Readonly<Record<string, unknown>> = {},
): Markup | undefined {
  if (Object.keys(settings).length === 0) return undefined;
  return markup`<section class="card"><h2>Settings</h2>${
    settingsTable(settings)
  }</section>`;
}

function models(model: unknown): Markup | undefined {
  const list = Array.isArray(model)
    ? model
    : model === undefined
    ? []
    : [model];
  if (list.length === 0) return undefined;
  const entries = list.map((one: Record<string, unknown>) => {
    const line = (name: string) =>
      one[name] === undefined ? "" : String(one[name]);
    const hash = line("sha256");
    return markup`<tr><td>${line("architecture")}<br><code>${
      line("weights")
    }</code>${hash ? markup`<br><code>SHA-256 ${hash}</code>` : ""}${
      normalization(one.normalization)
    }</td></tr>`;
  });
  return markup`<section class="card"><h2>${
    list.length === 1 ? "Model" : `Ensemble of ${list.length}`
  }</h2><table>${entries}</table></section>`;
}

/** The normalization of a network's input. */
function normalization(value: unknown): Markup | undefined {
  const { mean, std } = value as { mean?: number[]; std?: number[] } ?? {};
  if (!mean || !std) return undefined;
  const words = (values: number[]) => values.map(formatNumber).join(" ");
  return markup`<br><span class="quiet">Pixels from 0 to 1 are normalized by mean ${
    words(mean)
  }, standard deviation ${words(std)}</span>`;
}

function fileList(files: readonly string[]): Markup | undefined {
  if (files.length === 0) return undefined;
  const rows = files.map((name) =>
    markup`<tr><td><a href="./${
      encodeURIComponent(name)
    }">${name}</a></td></tr>`
  );
  return markup`<section class="card"><h2>Files</h2><table>${rows}</table></section>`;
}
