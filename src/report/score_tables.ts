import {
  type ClassEvaluation,
  type Evaluation,
  sumOfCounts,
} from "../evaluate/evaluate_counts.ts";
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
  { truePositive, labeled }: Evaluation["objects"],
): string {
  return `${formatCount(truePositive)} of ${formatCount(labeled)}`;
}

/** Scores of slides, of all classes together. */
export function scoreTable(rows: readonly Row[]): Markup {
  return tableOf(
    ["slide", "tiles"],
    [...HEADS, "best Dice"],
    rows.map(
      ({ name, variant, evaluation }) => {
        const { best } = evaluation;
        const most: Cell = best
          ? [
            `${best.dice.toFixed(4)} at ${best.threshold.toFixed(2)}`,
            best.dice,
          ]
          : NONE;
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
            : [NONE, NONE, ...cellsOf(one).slice(2)],
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
      const cells = row.map((count): Cell =>
        sum === 0 ? NONE : [
          `${formatCount(count)} (${formatNumber(count / sum * 100)} %)`,
          count,
        ]
      );
      return [[names[i]], cells];
    }),
    { sortable: false },
  );
}

/** A number as text, and its value to sort by. */
export type Cell = readonly [text: string, value: number | ""];

/** A number that is unknown. */
export const NONE: Cell = ["–", ""];

/** A row of a table: its texts, then its numbers. */
export type TableRow = readonly [
  texts: readonly (string | Markup)[],
  numbers: readonly Cell[],
];

/** A table with texts on the left and numbers on the right; more than one row can be sorted, unless their order means something. */
export function tableOf(
  heads: readonly string[],
  numbers: readonly string[],
  rows: readonly TableRow[],
  { sortable = rows.length > 1 }: { readonly sortable?: boolean } = {},
): Markup {
  const body = rows.map(([texts, cells]) =>
    markup`<tr>${texts.map((text) => markup`<td>${text}</td>`)}${
      cells.map(([text, value]) =>
        markup`<td class="number" data-value="${value}">${text}</td>`
      )
    }</tr>`
  );
  return markup`<div class="scroll" tabindex="0"><table${
    sortable ? markup` class="sortable"` : ""
  }><thead><tr>${heads.map((head) => markup`<th>${head}</th>`)}${
    numbers.map((head) => markup`<th class="number">${head}</th>`)
  }</tr></thead><tbody>${body}</tbody></table></div>`;
}

function cellsOf(
  { dice, iou, objects }: Pick<Evaluation, "dice" | "iou" | "objects">,
): Cell[] {
  const { truePositive, predicted, precision, recall } = objects;
  return [
    [dice.toFixed(4), dice],
    [iou.toFixed(4), iou],
    [foundOf(objects), truePositive],
    [formatCount(predicted), predicted],
    [precision.toFixed(3), precision],
    [recall.toFixed(3), recall],
  ];
}

function nameOf({ name }: ClassEvaluation, color: string): Markup {
  return markup`<span class="dot" style="background: ${color}"></span>${name}`;
}
