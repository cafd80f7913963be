/** A curve of a {@linkcode curveChart}. */
export interface Curve {
  /** What the legend calls it. */
  readonly name: string;
  /** Its colour, as CSS has it. */
  readonly color: string;
  /** x and y of each point, by ascending x. */
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
  /** Where the x axis ends; at the last point without it. */
  readonly until?: number;
  /** An x to mark with a dashed line. */
  readonly mark?: number;
  /** A y to mark with a dashed line. */
  readonly level?: number;
  /** Whether y is shown in per cent. */
  readonly percent?: boolean;
}

const WIDTH = 640, HEIGHT = 320;
const LEFT = 56, RIGHT = 16, TOP = 56, BOTTOM = 48;

/** A chart of curves from 0 up, both ways, as SVG; colours but the curves' come from the page's CSS. */
export function curveChart(options: CurveChartOptions): string {
  const { title, curves, mark, level, until, percent = false } = options;
  const points = curves.flatMap((curve) => curve.points);
  const right = until ?? Math.max(...points.map(([x]) => x), mark ?? 0);
  const top = ticksTo(Math.max(...points.map(([, y]) => y), level ?? 0, 1e-6));
  const x = (value: number) =>
    round(LEFT + value / right * (WIDTH - LEFT - RIGHT));
  const y = (value: number) =>
    round(HEIGHT - BOTTOM - value / top.at(-1)! * (HEIGHT - TOP - BOTTOM));
  const rows = top.map((tick) =>
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${
      y(tick)
    }" y2="${y(tick)}"/><text x="${LEFT - 8}" y="${
      y(tick) + 4
    }" text-anchor="end">${
      percent ? `${number(tick * 100)} %` : number(tick)
    }</text>`
  );
  const columns = ticksTo(right).filter((tick) => tick <= right * 1.001).map((
    tick,
  ) =>
    `<text x="${x(tick)}" y="${HEIGHT - 28}" text-anchor="middle">${
      number(tick)
    }</text>`
  );
  const dashes = [
    mark === undefined
      ? ""
      : `<line class="mark" x1="${x(mark)}" x2="${x(mark)}" y1="${TOP}" y2="${
        HEIGHT - BOTTOM
      }"/>`,
    level === undefined
      ? ""
      : `<line class="mark" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${
        y(level)
      }" y2="${y(level)}"/>`,
  ];
  const lines = curves.map(({ color, points }) =>
    `<polyline stroke="${color}" points="${
      points.map(([px, py]) => `${x(px)},${y(py)}`).join(" ")
    }"/>`
  );
  let at = LEFT;
  const legend = curves.map(({ name, color }) => {
    const item =
      `<text x="${at}" y="42"><tspan fill="${color}">●</tspan> ${name}</text>`;
    at += name.length * 7.5 + 34;
    return item;
  });
  return `<svg class="curves" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">` +
    `<text class="title" x="${LEFT}" y="20">${title}</text>` +
    [...legend, ...rows, ...columns, ...dashes, ...lines].join("") +
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${
      HEIGHT - 8
    }" text-anchor="middle">${options.x}</text></svg>`;
}

/** Four to six round values from 0 to one that is not less than `high`. */
function ticksTo(high: number): number[] {
  const power = 10 ** Math.floor(Math.log10(high / 4));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power * 5 >= high)! *
    power;
  return Array.from(
    { length: Math.ceil(high / step - 1e-9) + 1 },
    (_, i) => i * step,
  );
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
