import {
  type ClassEvaluation,
  type Evaluation,
  sumOfCounts,
} from "../evaluate/evaluate_counts.ts";
import type { ObjectMatches } from "../evaluate/object_matcher.ts";
import { formatCount, formatNumber, type Markup, markup } from "./markup.ts";

/** A row of scores. */
interface Row {
  readonly name: string;
  readonly variant: string;
  readonly evaluation: Evaluation;
}

const HEADS = [
  ...["Dice", "IoU", "objects found", "predicted objects"],
  ...["precision", "recall"],
];

/** Labeled objects that were found. */
export function foundOf(
  { truePositive, falseNegative }: ObjectMatches,
): string {
  return `${truePositive} of ${truePositive + falseNegative}`;
}

/** Scores of slides, of all classes together. */
export function scoreTable(rows: readonly Row[]): Markup {
  return tableOf(
    ["slide", "tiles"],
    [...HEADS, "best Dice"],
    rows.map(
      ({ name, variant, evaluation }) => {
        const { best } = evaluation;
        const most = best
          ? `${best.dice.toFixed(4)} at ${best.threshold.toFixed(2)}`
          : "–";
        return [[name, variant], [...cellsOf(evaluation), most]];
      },
    ),
  );
}

/** Scores of each class of slides; none where it is neither labeled nor predicted. `colors` are those of the classes. */
export function classTable(
  rows: readonly Row[],
  colors: readonly string[],
): Markup {
  return tableOf(
    ["slide", "tiles", "class"],
    HEADS,
    rows.flatMap(
      ({ name, variant, evaluation: { classes = [] } }) =>
        classes.map((one, i): TableRow => [
          [name, variant, nameOf(one, colors[i])],
          sumOfCounts(one.pixels) > 0
            ? cellsOf(one)
            : ["–", "–", ...cellsOf(one).slice(2)],
        ]),
    ),
  );
}

/** Pixels of each labeled class (rows) by their predicted class (columns), with their share of the row. */
export function confusionTable(
  { classes = [], confusion = [] }: Evaluation,
): Markup {
  const names = ["background", ...classes.map(({ name }) => name)];
  return tableOf(
    ["labeled \\ predicted"],
    names,
    confusion.map((row, i) => {
      const sum = row.reduce((total, count) => total + count, 0);
      const cells = row.map((count) =>
        sum === 0
          ? "–"
          : `${formatCount(count)} (${formatNumber(count / sum * 100)} %)`
      );
      return [[names[i]], cells];
    }),
  );
}

type TableRow = readonly [
  texts: readonly (string | Markup)[],
  numbers: readonly string[],
];

function tableOf(
  heads: readonly string[],
  numbers: readonly string[],
  rows: readonly TableRow[],
): Markup {
  const body = rows.map(([texts, cells]) =>
    markup`<tr>${texts.map((text) => markup`<td>${text}</td>`)}${
      cells.map((cell) => markup`<td class="number">${cell}</td>`)
    }</tr>`
  );
  return markup`<div class="scroll"><table><thead><tr>${
    heads.map((head) => markup`<th>${head}</th>`)
  }${
    numbers.map((head) => markup`<th class="number">${head}</th>`)
  }</tr></thead><tbody>${body}</tbody></table></div>`;
}

function cellsOf(
  { dice, iou, objects }: Pick<Evaluation, "dice" | "iou" | "objects">,
): string[] {
  return [
    dice.toFixed(4),
    iou.toFixed(4),
    foundOf(objects),
    String(objects.truePositive + objects.falsePositive),
    objects.precision.toFixed(3),
    objects.recall.toFixed(3),
  ];
}

function nameOf({ name }: ClassEvaluation, color: string): Markup {
  return markup`<span class="dot" style="background: ${color}"></span>${name}`;
}
