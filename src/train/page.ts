import {
  type Curve,
  curveChart,
  type CurveChartOptions,
} from "../report/curve_chart.ts";
import { dataUrl, type Markup, markup, shortNumber } from "../report/markup.ts";
import { pageShell } from "../report/page_shell.ts";
import { settingsTable, warningCard } from "../report/run_card.ts";
import { colorsOf, type MaskClass } from "../io/classes.ts";
import {
  diceOf,
  knownIn,
  type PredictedSample,
  samplePicture,
} from "./sample_picture.ts";
import { bestEpoch, type EpochRecord } from "./train_event.ts";

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
  /** The classes, if there are several. */
  readonly classes?: readonly MaskClass[];
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
  const { classes = [] } = options;
  const colors = classes.length > 0 ? colorsOf(classes) : [];
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
          {
            name: classes.length > 0 ? "mean Dice" : "Dice",
            color: "#0d9668",
            key: "dice",
          },
          ...classes.map(({ name }, i): Line => ({
            ...{ name, color: colors[i] },
            key: ({ classDice }) => classDice?.[i],
          })),
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
  readonly key:
    | "trainLoss"
    | "valLoss"
    | "dice"
    | "learningRate"
    | ((record: EpochRecord) => number | undefined);
}

/** A curve with its last value in the legend. */
function curveOf(
  history: readonly EpochRecord[],
  { name, color, key }: Line,
): Curve {
  const of = (record: EpochRecord) =>
    typeof key === "function" ? key(record) : record[key];
  const last = history.findLast((record) => Number.isFinite(of(record)));
  return {
    name: last ? `${name} ${shortNumber(of(last)!)}` : name,
    color,
    points: history.map((record) => [record.epoch, of(record) ?? NaN]),
  };
}

async function sampleSection(
  samples: readonly PredictedSample[],
): Promise<Markup> {
  const isPartial = !samples.every((one) => one.mask.every(knownIn(one)));
  const figures = await Promise.all(samples.map(async (sample, i) => {
    const png = await samplePicture(sample);
    const caption = `${sample.name}: Dice ${diceOf(sample).toFixed(3)}`;
    return markup`${i > 0 ? "\n" : ""}<figure><img alt="${caption}" src="${
      dataUrl(png)
    }"><figcaption>${caption}</figcaption></figure>`;
  }));
  return markup`<section class="card wide"><h2>Validation tiles: ground truth (left), prediction (right)${
    isPartial ? "; what is unknown is pale, and Dice is of the rest" : ""
  }</h2><div class="samples">${figures}</div></section>`;
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
