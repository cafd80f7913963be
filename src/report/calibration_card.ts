import type { Evaluation } from "../evaluate/evaluate_counts.ts";
import { curveChart } from "./curve_chart.ts";
import { formatCount, formatNumber, type Markup, markup } from "./markup.ts";
import { tableOf } from "./score_tables.ts";

/** A variant of the predictions. */
interface Variant {
  readonly variant: string;
  readonly evaluation: Evaluation;
}

/** Probabilities beside the share of pixels that are labeled, as a chart and a table; none if probabilities are unknown. */
export function calibrationCard(
  variants: readonly Variant[],
  colors: readonly string[],
): Markup[] {
  const known = variants.flatMap(({ variant, evaluation: { calibration } }) =>
    calibration ? [{ variant, calibration }] : []
  );
  if (known.length === 0) return [];
  const chart = curveChart({
    title: "Calibration",
    x: "mean predicted probability",
    until: 1,
    percent: true,
    curves: [
      ...known.map(({ variant, calibration }, i) => ({
        name: `labeled share, ${variant}`,
        color: colors[i % colors.length],
        points: calibration.bins.map(({ probability, labeled }) =>
          [probability, labeled] as const
        ),
      })),
      {
        name: "perfect",
        color: "var(--quiet)",
        points: [[0, 0], [1, 1]] as const,
      },
    ],
  });
  const percent = (share: number) => `${formatNumber(share * 100)} %`;
  const tables = known.map(({ variant, calibration }) => {
    const { bins, error, errorWithoutLowest } = calibration;
    return markup`<p class="quiet">${variant}: expected calibration error ${
      percent(error)
    } over all pixels, ${
      percent(errorWithoutLowest)
    } without the lowest bin, which holds the background.</p>${
      tableOf(
        ["probability"],
        ["mean", "labeled", "pixels"],
        bins.map(({ from, to, probability, labeled, pixels }) => [
          [`${from} to ${to}`],
          [
            [percent(probability), probability],
            [percent(labeled), labeled],
            [formatCount(pixels), pixels],
          ],
        ]),
        { sortable: false },
      )
    }`;
  });
  return [
    markup`<div class="card">${chart}</div>
<section class="card"><h2>Calibration in numbers</h2>${tables}</section>
`,
  ];
}
