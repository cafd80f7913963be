import { formatTick, type Markup, markup } from "./markup.ts";

/** A curve of a {@linkcode curveChart}. */
export interface Curve {
  /** Its name in the legend. */
  readonly name: string;
  /** Its CSS color. */
  readonly color: string;
  /** x and y of each point, by ascending x; NaN makes a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Options for {@linkcode curveChart}. */
export interface CurveChartOptions {
  /** Heading. */
  readonly title: string;
  /** Label of the x axis. */
  readonly x: string;
  /** Curves, in the order of the legend. */
  readonly curves: readonly Curve[];
  /** Start of the x axis. Default: 0. */
  readonly from?: number;
  /** End of the x axis. Default: the last point. */
  readonly until?: number;
  /** An x to mark with a dashed line. */
  readonly mark?: number;
  /** A y to mark with a dashed line. */
  readonly level?: number;
  /** Whether y is in percent. Default: false. */
  readonly percent?: boolean;
  /** Whether the y axis fits the values instead of starting at 0. Default: false. */
  readonly fit?: boolean;
  /** Whether the y axis is logarithmic, where values up to 0 make gaps. Default: false. */
  readonly logarithmic?: boolean;
}

/** Height of the plot in pixels of the page, and margins above and below it. */
const HEIGHT = 220, TOP = 10, BOTTOM = 44;

/**
 * A chart of curves as HTML: a heading, a legend, and an SVG. Positions are percentages of its width, so that it fills the
 * width and its text has the size of the page's on any screen. Colors other than the curves' come from the page's CSS.
 */
export function curveChart(options: CurveChartOptions): Markup {
  const { title, curves, mark, level, percent = false } = options;
  const points = curves.flatMap((curve) => curve.points);
  const low = options.from ?? 0;
  const high = options.until ?? Math.max(...points.map(([x]) => x), mark ?? 0);
  const columns = fixedScale(low, high > low ? high : low + 1);
  const isKnown = (y: number) =>
    Number.isFinite(y) && (!options.logarithmic || y > 0);
  const values = [...points.map(([, y]) => y), level ?? NaN].filter(isKnown);
  const scale = options.logarithmic
    ? logScale
    : options.fit
    ? fittedScale
    : linearScale;
  const rows = scale(values);
  const labels = rows.ticks.map((tick) =>
    percent ? `${formatTick(tick * 100)} %` : formatTick(tick)
  );
  const x = (value: number) => round(columns.place(value) * 100);
  const y = (value: number) => round(TOP + (1 - rows.place(value)) * HEIGHT);
  const grid = rows.ticks.map((tick, i) =>
    markup`${horizontal("grid", y(tick))}<text x="-8" y="${
      y(tick) + 4
    }" text-anchor="end">${labels[i]}</text>`
  );
  const dashes = [
    mark === undefined ? undefined : vertical(x(mark)),
    level === undefined ? undefined : horizontal("mark", y(level)),
  ];
  const lines = curves.map(({ color, points }) => {
    const places = points.map(([px, py]) =>
      isKnown(py) ? [x(px), y(py)] as const : undefined
    );
    return pieces(places).map((piece) => draw(piece, color));
  });
  const left = 12 + 8 * Math.max(0, ...labels.map(({ length }) => length));
  const columnLabels = columns.ticks.map((tick) =>
    centered(x(tick), TOP + HEIGHT + 18, formatTick(tick))
  );
  return markup`<h2>${title}</h2>${
    legendOf(curves)
  }<svg class="curves" style="height: ${
    TOP + HEIGHT + BOTTOM
  }px; margin-left: ${left}px; width: calc(100% - ${
    left + 16
  }px)" role="img" aria-label="${title}">${[
    ...[grid, columnLabels, dashes, lines],
    centered(50, TOP + HEIGHT + 38, options.x),
  ]}</svg>`;
}

function legendOf(curves: readonly Curve[]): Markup {
  const items = curves.map(({ name, color }, i) =>
    markup`${
      i > 0 ? " " : ""
    }<span><i style="background: ${color}"></i>${name}</span>`
  );
  return markup`<p class="legend">${items}</p>`;
}

function horizontal(kind: "grid" | "mark", y: number): Markup {
  return markup`<line class="${kind}" x1="0" x2="100%" y1="${y}" y2="${y}"/>`;
}

function vertical(x: number): Markup {
  return markup`<line class="mark" x1="${x}%" x2="${x}%" y1="${TOP}" y2="${
    TOP + HEIGHT
  }"/>`;
}

function centered(x: number, y: number, text: string): Markup {
  return markup`<text x="${x}%" y="${y}" text-anchor="middle">${text}</text>`;
}

/** A point of the chart: percent of its width, and pixels from its top. */
type Place = readonly [x: number, y: number];

/** Splits points at gaps. */
function pieces(places: readonly (Place | undefined)[]): Place[][] {
  const runs: Place[][] = [[]];
  for (const place of places) {
    if (place) runs.at(-1)!.push(place);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** A curve, stretched to the chart's width, or a dot. */
function draw(piece: readonly Place[], color: string): Markup {
  if (piece.length > 1) {
    const points = piece.map(([x, y]) => `${x},${y}`).join(" ");
    const height = TOP + HEIGHT + BOTTOM;
    return markup`<svg width="100%" height="${height}" viewBox="0 0 100 ${height}" preserveAspectRatio="none"><polyline stroke="${color}" points="${points}"/></svg>`;
  }
  const [x, y] = piece[0];
  return markup`<circle cx="${x}%" cy="${y}" r="3" fill="${color}"/>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** An axis: its ticks, and the positions of values. */
interface ChartScale {
  readonly ticks: readonly number[];
  /** The position of a value: 0 at the start, 1 at the end. */
  place(value: number): number;
}

/** From 0 to a round value above all others. */
function linearScale(values: readonly number[]): ChartScale {
  const high = Math.max(...values, 1e-12);
  const ticks = roundTicks(high);
  return { ticks, place: (value) => value / ticks.at(-1)! };
}

/** Between round values around all others, so that small differences show. */
function fittedScale(values: readonly number[]): ChartScale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (!Number.isFinite(least)) return linearScale(values);
  const range = most - least || Math.abs(most) / 50 || 1;
  const power = 10 ** Math.floor(Math.log10(range / 4));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power * 5 >= range)! *
    power;
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9));
  return {
    ticks: Array.from(
      { length: last - first + 1 },
      (_, i) => (first + i) * step,
    ),
    place: (value) => (value / step - first) / (last - first),
  };
}

/** From `low` to `high`, with round values between them; integers if `low` is not 0. */
function fixedScale(low: number, high: number): ChartScale {
  const ticks = roundTicks(high, low > 0).filter((tick) =>
    tick > low && tick <= high * 1.001
  );
  return {
    ticks: [low, ...ticks],
    place: (value) => (value - low) / (high - low),
  };
}

/** Logarithmic, between two of the values 1, 2 and 5 times a power of ten. */
function logScale(values: readonly number[]): ChartScale {
  const marks: number[] = [];
  for (let power = -8; power <= 4; power++) {
    for (const digit of [1, 2, 5]) marks.push(digit * 10 ** power);
  }
  const low = marks.findLast((mark) => mark <= Math.min(...values)) ?? marks[0];
  const high =
    marks.find((mark) => mark >= Math.max(...values) && mark > low) ?? low * 2;
  const within = marks.filter((mark) => mark >= low && mark <= high);
  const every = Math.ceil(within.length / 6);
  return {
    ticks: within.filter((_, i) => i % every === 0),
    place: (value) => Math.log(value / low) / Math.log(high / low),
  };
}

/** Four to six round values, from 0 to one that is not below `high`. */
function roundTicks(high: number, whole = false): number[] {
  const power = 10 ** Math.floor(Math.log10(high / 4));
  const digits = whole ? [1, 2, 5, 10] : [1, 2, 2.5, 5, 10];
  const least = digits.find((one) => one * power * 5 >= high)! * power;
  const step = whole ? Math.max(1, least) : least;
  return Array.from(
    { length: Math.ceil(high / step - 1e-9) + 1 },
    (_, i) => i * step,
  );
}
