import { bestEpoch, type EpochRecord } from "../training_progress.ts";
import { lineChart } from "./line_chart.ts";
import { type PredictedSample, samplePicture } from "./sample_picture.ts";

/** What a {@linkcode trainPage} shows. */
export interface TrainPageOptions {
  /** The run's name. */
  readonly title: string;
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** The epochs that are done. */
  readonly history: readonly EpochRecord[];
  /** What the run was asked for: names and values. */
  readonly settings: Readonly<Record<string, string>>;
  /** Tiles of the validation slides with the last epoch's predictions. */
  readonly samples?: readonly PredictedSample[];
  /** Whether nothing more comes; until then the page reloads itself. */
  readonly done?: boolean;
}

/**
 * A page about a training run, without anything from outside: curves of losses, soft Dice and learning rate, and sample
 * predictions.
 *
 * @example
 * ```ts
 * import { trainPage } from "@tilewise/tilewise/train";
 *
 * const record = { epoch: 1, trainLoss: 0.5, valLoss: 0.4, dice: 0.8, learningRate: 1e-4 };
 * const html = trainPage({ title: "fold 0", epochs: 50, history: [record], settings: { seed: "1" } });
 * console.assert(html.includes("<svg"));
 * ```
 */
export function trainPage(options: TrainPageOptions): string {
  const { title, epochs, history, settings, samples = [], done } = options;
  const best = bestEpoch(history);
  const pick = (key: "trainLoss" | "valLoss" | "dice" | "learningRate") =>
    history.map((record) => record[key]);
  const charts = [
    lineChart({
      title: "Loss",
      series: [
        { name: "training", color: "#3b82c4", values: pick("trainLoss") },
        { name: "validation", color: "#d97706", values: pick("valLoss") },
      ],
      epochs,
      logarithmic: true,
      marked: best?.epoch,
    }),
    lineChart({
      title: "Soft Dice, validation",
      series: [{ name: "Dice", color: "#0d9668", values: pick("dice") }],
      epochs,
      marked: best?.epoch,
    }),
    lineChart({
      title: "Learning rate",
      series: [{
        name: "rate",
        color: "#8b5cf6",
        values: pick("learningRate"),
      }],
      epochs,
    }),
  ];
  const state = `${history.length} of ${epochs} epochs${done ? ", done" : ""}`;
  const result = best
    ? `Best soft Dice <b>${
      best.dice.toFixed(4)
    }</b> after epoch ${best.epoch} (dashed line)`
    : "No epoch is validated yet";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${done ? "" : '<meta http-equiv="refresh" content="60">\n'}<title>${
    escape(title)
  }: ${state}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${escape(title)}</h1><p>${state}. ${result}.</p></header>
<section class="charts">${charts.join("\n")}</section>
${samples.length === 0 ? "" : sampleSection(samples)}
<details><summary>Epochs</summary>${table(history, best)}</details>
<details><summary>Settings</summary><dl>${
    Object.entries(settings).map(([name, value]) =>
      `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`
    ).join("")
  }</dl></details>
</body>
</html>
`;
}

function sampleSection(samples: readonly PredictedSample[]): string {
  const figures = samples.map((sample) => {
    const png = samplePicture(sample);
    const caption = `${sample.name}: Dice ${diceOf(sample).toFixed(3)}`;
    return `<figure><img alt="${escape(caption)}" src="data:image/png;base64,${
      base64(png)
    }"><figcaption>${escape(caption)}</figcaption></figure>`;
  });
  return `<section><h2>Validation tiles: truth left, found right</h2><div class="samples">${
    figures.join("\n")
  }</div></section>`;
}

/** Dice of what is found at a threshold of 0.5. */
function diceOf({ mask, probability }: PredictedSample): number {
  let shared = 0, total = 0;
  for (let i = 0; i < mask.length; i++) {
    const found = probability[i] > 0.5 ? 1 : 0;
    shared += found * mask[i];
    total += found + mask[i];
  }
  return total === 0 ? 1 : 2 * shared / total;
}

function table(
  history: readonly EpochRecord[],
  best: EpochRecord | undefined,
): string {
  const rows = history.map((record) => {
    const { epoch, trainLoss, valLoss, dice, learningRate } = record;
    const values = [trainLoss, valLoss, dice].map((value) => value.toFixed(5));
    const cells = [epoch, ...values, learningRate.toExponential(2)];
    return `<tr${record === best ? ' class="best"' : ""}>${
      cells.map((cell) => `<td>${cell}</td>`).join("")
    }</tr>`;
  });
  const heads = ["epoch", "train_loss", "val_loss", "dice_coef", "rate"];
  return `<table><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr>${
    rows.join("")
  }</table>`;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const style = `
:root { color-scheme: light dark; --ink: #1f2933; --soft: #64748b; --line: #e2e8f0; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e9f0; --soft: #94a3b8; --line: #334155; --paper: #11161d; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1240px; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; } header p { margin: .2rem 0 1.2rem; color: var(--soft); } header b { color: var(--ink); }
.charts, .samples { display: grid; gap: 1rem; }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 370px), 1fr)); }
.samples { grid-template-columns: repeat(auto-fill, minmax(min(100%, 370px), 1fr)); }
svg { width: 100%; font-size: 13px; } svg text { fill: var(--soft); } svg .title { font-size: 15px; font-weight: 600; fill: var(--ink); }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; } .grid { stroke: var(--line); } .mark { stroke: var(--soft); stroke-dasharray: 3 4; }
figure { margin: 0; } img { width: 100%; display: block; border-radius: 4px; } figcaption { font-size: .85rem; color: var(--soft); margin-top: .25rem; }
details { margin-top: 1rem; } summary { cursor: pointer; } dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dd { margin: 0; color: var(--soft); }
table { border-collapse: collapse; margin-top: .5rem; font-variant-numeric: tabular-nums; } td, th { padding: .15rem .9rem .15rem 0; text-align: right; font-weight: normal; } th { color: var(--soft); } .best td { font-weight: 600; }
`;
