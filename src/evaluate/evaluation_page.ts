import { curveChart } from "./curve_chart.ts";
import type { Evaluation } from "./evaluate_counts.ts";
import type { SeamProfile } from "./seam_profile.ts";

/** How one slide, or all together, fared in one way. */
export interface EvaluationRow {
  /** The slide's name, or what stands for all. */
  readonly name: string;
  /** How it was predicted, as "expansion 256". */
  readonly variant: string;
  /** What it came to. */
  readonly evaluation: Evaluation;
}

/** What was measured of seams. */
export interface SeamsReport {
  /** A profile for each expansion. */
  readonly profiles: readonly SeamProfile[];
  /** The expansion that they are compared with. */
  readonly reference: number;
  /** The most that may differ. */
  readonly tolerance: number;
  /** The least expansion within the tolerance; `undefined` where none is. */
  readonly recommended?: number;
}

/** What an {@linkcode evaluationPage} shows. */
export interface EvaluationPageOptions {
  /** All slides together, a row for each variant. */
  readonly overall: readonly EvaluationRow[];
  /** A row for each slide and variant. */
  readonly slides: readonly EvaluationRow[];
  /** What was measured of seams, where it was asked for. */
  readonly seams?: SeamsReport;
  /** Probability above which a pixel is found. */
  readonly threshold: number;
  /** What was asked for: names and values. */
  readonly settings: Readonly<Record<string, string>>;
}

const COLORS = ["#3b82c4", "#d97706", "#0d9668", "#8b5cf6", "#dc2626"];

/** A page about an evaluation, without anything from outside. */
export function evaluationPage(options: EvaluationPageOptions): string {
  const { overall, slides, seams, settings } = options;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation</title>
<style>${style}</style>
</head>
<body>
<h1>Evaluation</h1>
<h2>All slides</h2>
${table(overall)}
<section class="charts">
${sweepChart(overall, options.threshold)}
${seams ? seamChart(seams) : ""}
</section>
${seams ? `<p>${escape(describeSeams(seams))}</p>` : ""}
<h2>Slides</h2>
${table(slides)}
<p class="note">Objects match where their intersection is more than half of their union. Dice and IoU are of pixels; the dashed line in the first chart is the threshold they were found with.</p>
<details><summary>Settings</summary><dl>${
    Object.entries(settings).map(([name, value]) =>
      `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`
    ).join("")
  }</dl></details>
</body>
</html>
`;
}

/** What the seams come to, in words. */
export function describeSeams(
  { profiles, reference, tolerance, recommended }: SeamsReport,
): string {
  const percent = (value: number) =>
    `${Number((value * 100).toPrecision(2))} %`;
  const each = profiles.map((profile) =>
    `${
      percent(profile.points[0].disagreement)
    } at the border with expansion ${profile.expansion} (${
      percent(profile.disagreement)
    } of whole tiles)`
  );
  const advice = recommended === undefined
    ? `no expansion within ${reference} keeps it to ${percent(tolerance)}`
    : recommended === 0
    ? `plain tiles keep it to ${percent(tolerance)}: no expansion is needed`
    : `an expansion of ${recommended} keeps it to ${percent(tolerance)}`;
  return `Of what is found, against expansion ${reference}, differs ${
    each.join(", ")
  }; ${advice}.`;
}

function sweepChart(
  rows: readonly EvaluationRow[],
  threshold: number,
): string {
  const known = rows.filter(({ evaluation }) => evaluation.sweep);
  if (known.length === 0) return "";
  return curveChart({
    title: "Dice by threshold",
    x: "threshold",
    curves: known.map(({ variant, evaluation }, i) => ({
      name: variant,
      color: COLORS[i % COLORS.length],
      points: evaluation.sweep!.map(({ threshold, dice }) =>
        [threshold, dice] as const
      ),
    })),
    mark: threshold,
  });
}

function seamChart({ profiles, tolerance }: SeamsReport): string {
  return curveChart({
    title: "Seams: what is found differently",
    x: "distance from the tile's border, px after downsampling",
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

function table(rows: readonly EvaluationRow[]): string {
  const body = rows.map(({ name, variant, evaluation }) => {
    const { dice, iou, objects, best } = evaluation;
    const cells = [
      dice.toFixed(4),
      iou.toFixed(4),
      `${objects.matched} of ${objects.actual}`,
      String(objects.predicted),
      objects.precision.toFixed(3),
      objects.recall.toFixed(3),
      best ? `${best.dice.toFixed(4)} at ${best.threshold.toFixed(2)}` : "–",
    ];
    return `<tr><th>${escape(name)}</th><td class="text">${
      escape(variant)
    }</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const heads = [
    "Dice",
    "IoU",
    "objects found",
    "predicted",
    "precision",
    "recall",
    "best Dice",
  ];
  return `<table><tr><th></th><th></th>${
    heads.map((head) => `<th class="head">${head}</th>`).join("")
  }</tr>${body.join("")}</table>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; --ink: #1f2933; --soft: #64748b; --line: #e2e8f0; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e9f0; --soft: #94a3b8; --line: #334155; --paper: #11161d; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1100px; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; } .note { color: var(--soft); font-size: .85rem; }
.charts { display: grid; gap: 1rem; margin-top: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
svg { width: 100%; font-size: 13px; } svg text { fill: var(--soft); } svg .title { font-size: 15px; font-weight: 600; fill: var(--ink); }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } .grid { stroke: var(--line); } .mark { stroke: var(--soft); stroke-dasharray: 3 4; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } td, th { padding: .15rem 1.4rem .15rem 0; text-align: right; font-weight: normal; white-space: nowrap; } tr > :first-child, .text { text-align: left; } .head, .text { color: var(--soft); }
details { margin-top: 1rem; } summary { cursor: pointer; } dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dd { margin: 0; color: var(--soft); }
`;
