import type { Evaluation } from "../evaluate/evaluate_counts.ts";
import type { SeamProfile } from "../evaluate/measure_seams.ts";
import { colorsOf, type MaskClass } from "../io/classes.ts";
import type { UncertaintySummary } from "../masks/uncertainty.ts";
import type { RunRecord } from "../masks/run_record.ts";
import { calibrationCard } from "./calibration_card.ts";
import { curveChart } from "./curve_chart.ts";
import { formatNumber, type Markup, markup } from "./markup.ts";
import {
  classTable,
  confusionTable,
  foundOf,
  scoreTable,
} from "./score_tables.ts";
import { matchCard, type MatchPicture } from "./match_pictures.ts";
import { matchStrips, type WorstObject } from "./match_strips.ts";
import { page } from "./page.ts";
import { pageShell } from "./page_shell.ts";
import { reviewCard, reviewOrder } from "./review_card.ts";
import { runCard, settingsTable, warningCard } from "./run_card.ts";

/**
 * The evaluation of a slide, or of all slides, for one variant.
 *
 * @category Evaluation
 */
export interface EvaluationRow {
  /** The slide's name, or `all`. */
  readonly name: string;
  /** The variant of the prediction, such as "expansion 256". */
  readonly variant: string;
  /** What was scored: a written mask, thresholded probabilities, or predictions of a model; if all slides agree. */
  readonly scored?: "mask" | "probability" | "model";
  /** Threshold of the scored mask, if known and the same for all slides. */
  readonly threshold?: number;
  /** Minimum area of predicted objects in pixels, if the same for all slides. */
  readonly minArea?: number;
  /** What is uncertain about the slide, if known; of the last variant. */
  readonly uncertainty?: UncertaintySummary;
  /** Notes on the numbers. */
  readonly notes?: readonly string[];
  /** The scores. */
  readonly evaluation: Evaluation;
}

/**
 * Measurements of seams between tiles.
 *
 * @category Evaluation
 */
export interface SeamsReport {
  /** A profile for each expansion. */
  readonly profiles: readonly SeamProfile[];
  /** The reference expansion. */
  readonly reference: number;
  /** Maximum share that may differ. */
  readonly tolerance: number;
  /** Minimum expansion within the tolerance; `undefined` if there is none. */
  readonly recommended?: number;
}

/**
 * Options for {@linkcode evaluationPage}.
 *
 * @category Evaluation
 */
export interface EvaluationPageOptions {
  /** All slides together, a row per variant. */
  readonly overall: readonly EvaluationRow[];
  /** A row per slide and variant. */
  readonly slides: readonly EvaluationRow[];
  /** Measurements of seams, if requested. */
  readonly seams?: SeamsReport;
  /** The classes, if there are several. */
  readonly classes?: readonly MaskClass[];
  /** Pictures of slides with their matched objects, the lowest Dice first. */
  readonly pictures?: readonly MatchPicture[];
  /** The worst hits, misses and false alarms of all slides. */
  readonly worst?: readonly WorstObject[];
  /** Settings: names and values. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The run, if known. */
  readonly run?: RunRecord;
  /** Warnings, a line each. */
  readonly warnings?: readonly string[];
}

const COLORS = ["#3b82c4", "#d97706", "#0d9668", "#8b5cf6", "#dc2626"];

/**
 * Makes the page of an evaluation; it is self-contained.
 *
 * @category Evaluation
 */
export function evaluationPage(options: EvaluationPageOptions): string {
  const { overall, slides, seams, settings, classes = [] } = options;
  const { worst = [] } = options;
  const colors = classes.length === 0 ? [] : colorsOf(classes);
  const title = "Evaluation";
  const charts = [
    ...sweepCharts(overall),
    ...seams ? [seamChart(seams)] : [],
  ].map((chart, i) =>
    markup`${i > 0 ? "\n" : ""}<div class="card">${chart}</div>`
  );
  const count = new Set(slides.map(({ name }) => name)).size;
  const { variant, evaluation: { dice, iou, objects } } = overall.at(-1)!;
  const figures = Object.entries({
    Dice: dice.toFixed(4),
    IoU: iou.toFixed(4),
    "Objects found": foundOf(objects),
    Precision: objects.precision.toFixed(3),
    Recall: objects.recall.toFixed(3),
  });
  const body = markup`<header><h1>${title}: ${
    count === 1 ? "one slide" : `${count} slides`
  }, ${variant}</h1><p>Dice and IoU are of pixels${
    classes.length === 0
      ? ""
      : `, and means over the classes that are labeled or predicted (of ${classes.length})`
  }. Objects are pixels${
    classes.length === 0 ? "" : " of a class"
  } that are joined by their sides; predicted ones count from ${
    leastArea(slides)
  }. Objects match if their intersection is more than half of their union. ${
    describeThreshold(slides)
  }${describeKnown(overall.at(-1)!)}</p>${notesOf(slides)}</header>
<dl class="figures">${
    figures.map(([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
    )
  }</dl>
<div class="cards">
${warningCard(options.warnings)}
<section class="card wide"><h2>All slides together</h2>${
    scoreTable(overall)
  }</section>
${classes.length > 0 ? classCards(overall, colors) : undefined}${charts}
${calibrationCard(overall, COLORS)}${matchStrips(worst)}
${
    seams &&
    markup`<section class="card wide"><h2>Seams</h2>${
      describeSeams(seams)
    }</section>`
  }
<section class="card wide"><h2>Slides</h2>${scoreTable(slides)}</section>
${
    classes.length > 0
      ? markup`<section class="card wide"><h2>Classes of slides</h2>${
        classTable(slides, colors)
      }</section>
`
      : undefined
  }${reviewCard(reviewOrder(slides))}${pictureCards(options)}
<section class="card wide"><h2>Settings</h2>${settingsTable(settings)}</section>
${runCard(options.run)}
</div>
`;
  return pageShell({ title, body, script: page.script });
}

/** The minimum area of predicted objects, in words. */
function leastArea(slides: readonly EvaluationRow[]): string {
  const areas = slides.map(({ minArea = 0 }) => minArea);
  const [least, most] = [Math.min(...areas), Math.max(...areas)];
  if (most === 0) return "one pixel";
  const range = least === most
    ? formatNumber(least)
    : `${formatNumber(least)} to ${formatNumber(most)}`;
  return `the minimum object area of their run, ${range} px`;
}

/** The slides with their matched objects, and how the viewer is started that links lead to. */
function pictureCards({ pictures = [], slides, ...of }: EvaluationPageOptions) {
  if (pictures.length === 0) return [];
  const { predicted } = of.settings;
  const results = typeof predicted === "string" ? predicted : "DIR";
  const count = new Set(slides.map(({ name }) => name)).size;
  const which = count > pictures.length
    ? ` Below are the ${pictures.length} slides with the lowest Dice.`
    : "";
  return [
    markup`<section class="card wide" role="note"><h2>Objects on the slides</h2><p>Hits and false alarms have the predicted outline, misses the labeled one.${which} Links lead into the viewer while <code>tilewise view SLIDES --results ${results}</code> runs on this machine; <code>tilewise view SLIDE --geojson NAME.matches.geojson</code> shows these outlines at full size.</p></section>
`,
    ...pictures.map(matchCard),
  ];
}

/** Describes seams in words. */
export function describeSeams(
  { profiles, reference, tolerance, recommended }: SeamsReport,
): string {
  const percent = (value: number) => `${formatNumber(value * 100)} %`;
  const each = profiles.map((profile, i) =>
    `${percent(profile.points[0].disagreement)}${
      i === 0 ? " of the foreground differs at tile borders" : ""
    } with ${
      profile.expansion === 0 ? "plain tiles" : `expansion ${profile.expansion}`
    } (${percent(profile.disagreement)}${i === 0 ? " over whole tiles" : ""})`
  );
  const advice = recommended === undefined
    ? `No expansion within ${reference} keeps it to ${percent(tolerance)}`
    : recommended === 0
    ? `Plain tiles keep it to ${percent(tolerance)}: no expansion is needed`
    : `An expansion of ${recommended} keeps it to ${
      percent(tolerance)
    } at every distance from the borders`;
  return `Compared with expansion ${reference}, ${each.join(", ")}. ${advice}.`;
}

/** Describes what is known of slides with corrections. */
function describeKnown({ evaluation: { known } }: EvaluationRow): string {
  if (!known) return "";
  const share = formatNumber(known.pixels / known.of * 100);
  return ` Of slides with corrections only known pixels count (${share} %), and objects of which it is certain what they match.`;
}

/** Describes the thresholds of scored masks; `undefined` if there are no written masks, or none is known. */
export function describeThreshold(
  slides: readonly EvaluationRow[],
): string | undefined {
  const masks = slides.filter(({ scored }) => scored === "mask");
  const known = masks.flatMap(({ threshold }) => threshold ?? []);
  if (known.length === 0) return undefined;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const unknown = masks.length - known.length;
  return `Masks are scored as written, at the threshold of their run: ${
    least === most ? least : `${least} to ${most}`
  }${unknown > 0 ? `; that of ${unknown} is unknown` : ""}.`;
}

function notesOf(slides: readonly EvaluationRow[]): Markup[] {
  return slides.flatMap(({ name, notes = [] }) =>
    notes.map((note) => markup`<p><strong>${name}: ${note}</strong></p>`)
  );
}

/** Scores of the classes, and for each variant the confusion between them. */
function classCards(
  overall: readonly EvaluationRow[],
  colors: readonly string[],
): Markup[] {
  const tables = overall.map(({ variant, evaluation }) =>
    markup`<section class="card wide"><h2>Confusion between classes, in pixels: ${variant}</h2>${
      confusionTable(evaluation)
    }</section>
`
  );
  return [
    markup`<section class="card wide"><h2>Classes</h2>${
      classTable(overall, colors)
    }</section>
`,
    ...tables,
  ];
}

function sweepCharts(rows: readonly EvaluationRow[]): Markup[] {
  const known = rows.filter(({ evaluation }) => evaluation.sweep);
  if (known.length === 0) return [];
  const chart = curveChart({
    title: "Dice by threshold",
    x: "threshold",
    fit: true,
    curves: known.map(({ variant, evaluation }, i) => ({
      name: variant,
      color: COLORS[i % COLORS.length],
      points: evaluation.sweep!.map(({ threshold, dice }) =>
        [threshold, dice] as const
      ),
    })),
    until: 1,
    mark: rows[0].threshold,
  });
  return [chart];
}

function seamChart({ profiles, tolerance }: SeamsReport): Markup {
  return curveChart({
    title: "Disagreement near tile borders",
    x: "distance from the tile border (px)",
    curves: profiles.map(({ expansion, points }, i) => ({
      name: expansion === 0 ? "plain tiles" : `expansion ${expansion}`,
      color: COLORS[i % COLORS.length],
      points: points.map(({ distance, disagreement }) =>
        [distance, disagreement] as const
      ),
    })),
    level: tolerance,
    percent: true,
  });
}
