import {
  type ChartScale,
  fixedScale,
  linearScale,
  logScale,
} from "./chart_scale.ts";

import { shortNumber } from "./format_number.ts";

/** A curve of a {@linkcode curveChart}. */
export interface Curve {
  /** What the legend calls it. */
  readonly name: string;
  /** Its colour, as CSS has it. */
  readonly color: string;
  /** x and y of each point, by ascending x; what is no number leaves a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a {@linkcode curveChart} shows. */
export interface CurveChartOptions {
  /** Heading. */
  readonly title: string;
  /** What the x axis is. */
  readonly x: string;
  /** The curves, in the order of the legend. */
  readonly curves: readonly Curve[];
  /** Where the x axis begins; at 0 without it. */
  readonly from?: number;
  /** Where the x axis ends; at the last point without it. */
  readonly until?: number;
  /** An x to mark with a dashed line. */
  readonly mark?: number;
  /** A y to mark with a dashed line. */
  readonly level?: number;
  /** Whether y is shown in per cent. */
  readonly percent?: boolean;
  /** Whether y is spread by its logarithm; what is not above 0 leaves a gap then. */
  readonly logarithmic?: boolean;
}

const WIDTH = 640, HEIGHT = 320;
const LEFT = 56, RIGHT = 16, TOP = 56, BOTTOM = 48;

/** A chart of curves as SVG; colours but the curves' come from the page's CSS. */
export function curveChart(options: CurveChartOptions): string {
  const { title, curves, mark, level, percent = false } = options;
  const points = curves.flatMap((curve) => curve.points);
  const high = options.until ?? Math.max(...points.map(([x]) => x), mark ?? 0);
  const columns = fixedScale(options.from ?? 0, high);
  const isKnown = (y: number) =>
    Number.isFinite(y) && (!options.logarithmic || y > 0);
  const values = [...points.map(([, y]) => y), level ?? NaN].filter(isKnown);
  const rows = (options.logarithmic ? logScale : linearScale)(values);
  const x = (value: number) =>
    round(LEFT + columns.place(value) * (WIDTH - LEFT - RIGHT));
  const y = (value: number) =>
    round(HEIGHT - BOTTOM - rows.place(value) * (HEIGHT - TOP - BOTTOM));
  const dashes = [
    mark === undefined ? "" : vertical(x(mark)),
    level === undefined ? "" : horizontal("mark", y(level)),
  ];
  const lines = curves.map(({ color, points }) => {
    const places = points.map(([px, py]) =>
      isKnown(py) ? `${x(px)},${y(py)}` : ""
    );
    return pieces(places).map((piece) => draw(piece, color)).join("");
  });
  return `<svg class="curves" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">` +
    `<text class="title" x="${LEFT}" y="20">${title}</text>` +
    [
      ...legendOf(curves),
      ...rowsOf(rows, { y, percent }),
      ...columns.ticks.map((tick) =>
        centred(x(tick), HEIGHT - 28, shortNumber(tick))
      ),
      ...dashes,
      ...lines,
    ].join("") +
    centred((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, options.x) + "</svg>";
}

function legendOf(curves: readonly Curve[]): string[] {
  let at = LEFT;
  return curves.map(({ name, color }) => {
    const item =
      `<text x="${at}" y="42"><tspan fill="${color}">●</tspan> ${name}</text>`;
    at += name.length * 7.5 + 34;
    return item;
  });
}

function rowsOf(
  { ticks }: ChartScale,
  { y, percent }: {
    readonly y: (value: number) => number;
    readonly percent: boolean;
  },
): string[] {
  return ticks.map((tick) =>
    horizontal("grid", y(tick)) +
    `<text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${
      percent ? `${shortNumber(tick * 100)} %` : shortNumber(tick)
    }</text>`
  );
}

function horizontal(kind: "grid" | "mark", y: number): string {
  return `<line class="${kind}" x1="${LEFT}" x2="${
    WIDTH - RIGHT
  }" y1="${y}" y2="${y}"/>`;
}

function vertical(x: number): string {
  return `<line class="mark" x1="${x}" x2="${x}" y1="${TOP}" y2="${
    HEIGHT - BOTTOM
  }"/>`;
}

function centred(x: number, y: number, text: string): string {
  return `<text x="${x}" y="${y}" text-anchor="middle">${text}</text>`;
}

/** The runs of places without a gap between them. */
function pieces(places: readonly string[]): string[][] {
  const runs: string[][] = [[]];
  for (const place of places) {
    if (place) runs.at(-1)!.push(place);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function draw(piece: readonly string[], color: string): string {
  if (piece.length > 1) {
    return `<polyline stroke="${color}" points="${piece.join(" ")}"/>`;
  }
  const [x, y] = piece[0].split(",");
  return `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
