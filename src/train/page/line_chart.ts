/** A line of a {@linkcode lineChart}. */
export interface ChartSeries {
  /** What the legend calls it. */
  readonly name: string;
  /** Its colour, as CSS has it. */
  readonly color: string;
  /** A value for each epoch from the first; NaN leaves a gap. */
  readonly values: readonly number[];
}

/** What a {@linkcode lineChart} shows. */
export interface LineChartOptions {
  /** Heading. */
  readonly title: string;
  /** Lines, in the order of the legend. */
  readonly series: readonly ChartSeries[];
  /** Epochs of the whole run: the x axis. */
  readonly epochs: number;
  /** Whether values are spread by their logarithm. */
  readonly logarithmic?: boolean;
  /** An epoch to mark, from 1. */
  readonly marked?: number;
}

const WIDTH = 560, HEIGHT = 250;
const LEFT = 52, RIGHT = 16, TOP = 40, BOTTOM = 30;

/** A line chart over epochs, as SVG; colours but the lines' come from the page's CSS. */
export function lineChart(options: LineChartOptions): string {
  const { title, series, epochs, logarithmic = false, marked } = options;
  const known = series.flatMap(({ values }) => values)
    .filter((value) => Number.isFinite(value) && (!logarithmic || value > 0));
  const scale = logarithmic ? logScale(known) : linearScale(known);
  const last = Math.max(2, epochs);
  const x = (epoch: number) =>
    round(LEFT + (epoch - 1) / (last - 1) * (WIDTH - LEFT - RIGHT));
  const y = (value: number) =>
    round(HEIGHT - BOTTOM - scale.place(value) * (HEIGHT - TOP - BOTTOM));
  const grid = scale.ticks.map((tick) =>
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${
      y(tick)
    }" y2="${y(tick)}"/>` +
    `<text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${
      format(tick)
    }</text>`
  );
  const columns = epochTicks(last).map((epoch) =>
    `<text x="${x(epoch)}" y="${
      HEIGHT - 10
    }" text-anchor="middle">${epoch}</text>`
  );
  const mark = marked === undefined
    ? ""
    : `<line class="mark" x1="${x(marked)}" x2="${x(marked)}" y1="${TOP}" y2="${
      HEIGHT - BOTTOM
    }"/>`;
  const lines = series.map(({ color, values }) => {
    const points = values.map((value, i) =>
      Number.isFinite(value) && (!logarithmic || value > 0)
        ? `${x(i + 1)},${y(value)}`
        : ""
    );
    const parts = points.join(" ").split(/ {2,}/).map((part) => part.trim())
      .filter((part) => part);
    return parts.map((part) =>
      part.includes(" ")
        ? `<polyline points="${part}" stroke="${color}"/>`
        : `<circle cx="${part.replace(",", '" cy="')}" r="3" fill="${color}"/>`
    ).join("");
  });
  let at = WIDTH - RIGHT;
  const legend = series.toReversed().map(({ name, color, values }) => {
    const value = values.findLast((one) => Number.isFinite(one));
    const text = value === undefined ? name : `${name} ${format(value)}`;
    const item =
      `<text x="${at}" y="20" text-anchor="end"><tspan fill="${color}">●</tspan> ${text}</text>`;
    at -= text.length * 7 + 30;
    return item;
  });
  return `<svg class="curves" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">` +
    `<text class="title" x="${LEFT}" y="20">${title}</text>` +
    [...legend, ...grid, ...columns, mark, ...lines].join("") + "</svg>";
}

interface Scale {
  readonly ticks: readonly number[];
  /** 0 at the bottom, 1 at the top. */
  place(value: number): number;
}

function linearScale(values: readonly number[]): Scale {
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low + 1e-12);
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough)! * power;
  const top = Math.ceil(high / step - 1e-9) * step;
  const count = Math.round((top - low) / step);
  return {
    ticks: Array.from({ length: count + 1 }, (_, i) => low + i * step),
    place: (value) => (value - low) / (top - low),
  };
}

function logScale(values: readonly number[]): Scale {
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

function epochTicks(last: number): number[] {
  const step =
    [1, 2, 5, 10, 20, 50, 100, 200, 500].find((one) => last / one <= 10) ??
      last;
  const ticks = [1];
  for (let epoch = step; epoch <= last; epoch += step) {
    if (epoch > 1) ticks.push(epoch);
  }
  return ticks;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function format(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) < 1e-3
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}
