import { pngFile } from "../io/encode_png.ts";
import { drawLayer, Outlines } from "../masks/pictures/outlines.ts";
import {
  type Curve,
  curveChart,
  type CurveChartOptions,
} from "../report/curve_chart.ts";
import { dataUrl, type Markup, markup, shortNumber } from "../report/markup.ts";
import { pageShell } from "../report/page_shell.ts";
import { settingsTable, warningCard } from "../report/run_card.ts";
import { bestEpoch, type EpochRecord } from "./train_event.ts";

/**
 * A tile with its ground truth and a network's prediction.
 *
 * @category Reports
 */
export interface PredictedSample {
  /** Name of the tile on the page. */
  readonly name: string;
  /** Side in pixels. */
  readonly side: number;
  /** 8-bit RGB, row by row. */
  readonly pixels: Uint8Array;
  /** Ground truth, 0 or 1 per pixel. */
  readonly mask: Uint8Array;
  /** Predicted probability per pixel. */
  readonly probability: Float32Array;
}

/** Side of a panel in pixels, at least. */
const PANEL = 288;

/** Two panels side by side as a PNG: the tile with its ground truth outlined, and with the prediction outlined. */
export async function samplePicture(
  { side, pixels, mask, probability }: PredictedSample,
): Promise<Uint8Array> {
  const factor = Math.max(1, Math.floor(side / PANEL));
  const size = Math.floor(side / factor);
  const picture = shrink(pixels, { side, factor, channels: 3 });
  const truth = mask.map((value) => value ? 255 : 0);
  const found = Uint8Array.from(probability, (p) => p > 0.5 ? 255 : 0);
  const panels = [truth, found].map((whole) => {
    const data = picture.slice();
    const coverage = shrink(whole, { side, factor, channels: 1 });
    const outlines = new Outlines(coverage, { width: size, height: size });
    for (let y = 0; y < size; y++) {
      const row = data.subarray(y * size * 3, (y + 1) * size * 3);
      drawLayer(row, outlines.row(y));
    }
    return data;
  });
  const gap = 4;
  const width = 2 * size + gap;
  const data = new Uint8Array(width * size * 3).fill(255);
  panels.forEach((panel, i) => {
    for (let y = 0; y < size; y++) {
      const row = panel.subarray(y * size * 3, (y + 1) * size * 3);
      data.set(row, (y * width + i * (size + gap)) * 3);
    }
  });
  return await pngFile({ width, height: size, channels: 3 }, data);
}

/** Averages blocks of pixels. */
function shrink(
  values: Uint8Array,
  { side, factor, channels }: {
    readonly side: number;
    readonly factor: number;
    readonly channels: number;
  },
): Uint8Array {
  const size = Math.floor(side / factor);
  const result = new Uint8Array(size * size * channels);
  for (let at = 0; at < result.length; at++) {
    const channel = at % channels;
    const x = (at - channel) / channels % size * factor;
    const y = Math.floor(at / channels / size) * factor;
    let sum = 0;
    for (let j = 0; j < factor; j++) {
      for (let i = 0; i < factor; i++) {
        sum += values[((y + j) * side + x + i) * channels + channel];
      }
    }
    // Rounded up, so that a small object does not vanish from a mask.
    result[at] = Math.ceil(sum / factor ** 2);
  }
  return result;
}

/**
 * Options for {@linkcode trainPage}.
 *
 * @category Reports
 */
export interface TrainPageOptions {
  /** Name of the run. */
  readonly title: string;
  /** Number of epochs in the run. */
  readonly epochs: number;
  /** Completed epochs. */
  readonly history: readonly EpochRecord[];
  /** Options of the run: names and values. */
  readonly settings: Readonly<Record<string, string>>;
  /** Validation tiles with predictions after the last epoch. */
  readonly samples?: readonly PredictedSample[];
  /** Warnings of the run, one line each. */
  readonly warnings?: readonly string[];
  /** Whether the run is complete. Otherwise the page reloads itself. Default: false. */
  readonly done?: boolean;
}

/**
 * A self-contained HTML page about a training run: curves of losses, soft Dice and learning rate, and sample
 * predictions.
 *
 * @example
 * ```ts
 * import { trainPage } from "@tilewise/tilewise/train";
 *
 * const record = { epoch: 1, trainLoss: 0.5, valLoss: 0.4, dice: 0.8, learningRate: 1e-4 };
 * const html = await trainPage({ title: "fold 0", epochs: 50, history: [record], settings: { seed: "1" } });
 * console.assert(html.includes("<svg"));
 * ```
 *
 * @category Reports
 */
export async function trainPage(
  options: TrainPageOptions,
): Promise<string> {
  const { title, epochs, history, settings, samples = [], done } = options;
  const best = bestEpoch(history);
  const chart = (
    title: string,
    lines: readonly Line[],
    more?: Partial<CurveChartOptions>,
  ) =>
    curveChart({
      title,
      x: "epoch",
      from: 1,
      until: Math.max(2, epochs),
      curves: lines.map((line) => curveOf(history, line)),
      ...more,
    });
  const mark = best?.epoch;
  const charts = [
    chart(
      "Loss",
      ([
        { name: "training", color: "#3b82c4", key: "trainLoss" },
        { name: "validation", color: "#d97706", key: "valLoss" },
      ] as const).filter(({ key }) => best || key === "trainLoss"),
      { logarithmic: true, mark },
    ),
    ...best
      ? [
        chart("Soft Dice, validation", [
          { name: "Dice", color: "#0d9668", key: "dice" },
        ], { mark, fit: true }),
      ]
      : [],
    chart("Learning rate", [
      { name: "learning rate", color: "#8b5cf6", key: "learningRate" },
    ]),
  ];
  const state = `${history.length} of ${epochs} epochs${done ? ", done" : ""}`;
  const result = best
    ? markup`Best soft Dice <b>${
      best.dice.toFixed(4)
    }</b> after epoch ${best.epoch} (dashed line)`
    : history.length > 0
    ? "No epoch was validated"
    : "No epoch is done yet";
  const cards = charts.map((chart, i) =>
    markup`${i > 0 ? "\n" : ""}<section class="card">${chart}</section>`
  );
  const body =
    markup`<header><h1>${title}</h1><p>${state}. ${result}.</p></header>
<div class="cards">
${warningCard(options.warnings)}
${cards}
${samples.length === 0 ? "" : await sampleSection(samples)}
<section class="card wide"><h2>Epochs</h2>${table(history, best)}</section>
<section class="card wide"><h2>Settings</h2>${settingsTable(settings)}</section>
</div>`;
  return pageShell({
    title: `${title}: ${state}`,
    body,
    reload: done ? undefined : 60,
  });
}

/** A curve of the page. */
interface Line {
  readonly name: string;
  readonly color: string;
  readonly key: "trainLoss" | "valLoss" | "dice" | "learningRate";
}

/** A curve with its last value in the legend. */
function curveOf(
  history: readonly EpochRecord[],
  { name, color, key }: Line,
): Curve {
  const last = history.findLast((record) => Number.isFinite(record[key]));
  return {
    name: last ? `${name} ${shortNumber(last[key]!)}` : name,
    color,
    points: history.map((record) => [record.epoch, record[key] ?? NaN]),
  };
}

async function sampleSection(
  samples: readonly PredictedSample[],
): Promise<Markup> {
  const figures = await Promise.all(samples.map(async (sample, i) => {
    const png = await samplePicture(sample);
    const caption = `${sample.name}: Dice ${diceOf(sample).toFixed(3)}`;
    return markup`${i > 0 ? "\n" : ""}<figure><img alt="${caption}" src="${
      dataUrl(png)
    }"><figcaption>${caption}</figcaption></figure>`;
  }));
  return markup`<section class="card wide"><h2>Validation tiles: ground truth (left), prediction (right)</h2><div class="samples">${figures}</div></section>`;
}

/** Dice at a threshold of 0.5. */
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
): Markup {
  const rows = history.map((record) => {
    const { epoch, trainLoss, valLoss, dice, learningRate } = record;
    const values = [trainLoss, valLoss, dice]
      .map((value) => value?.toFixed(5) ?? "–");
    const cells = [epoch, ...values, shortNumber(learningRate)];
    return markup`<tr${record === best ? markup` class="best"` : ""}>${
      cells.map((cell) => markup`<td class="number">${cell}</td>`)
    }</tr>`;
  });
  const heads = [
    "epoch",
    "training loss",
    "validation loss",
    "soft Dice",
    "learning rate",
  ];
  return markup`<div class="scroll"><table><thead><tr>${
    heads.map((head) => markup`<th class="number">${head}</th>`)
  }</tr></thead><tbody>${rows}</tbody></table></div>`;
}
