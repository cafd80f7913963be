import { formatCount, formatNumber, type Markup, markup } from "./markup.ts";

/** Height of the plot in pixels of the page, and margins above and below it. */
const HEIGHT = 170, TOP = 12, BOTTOM = 44;
/** Approximate maximum number of bars. */
const BARS = 24;

/**
 * Draws a histogram of object areas as inline SVG. Positions are percentages of its width, so that its text has the size of
 * the page's on any screen. Bars have equal width, on a logarithmic axis if the largest object is far larger than the median.
 *
 * @param areas Areas in any order, in `unit`.
 */
export function areaHistogram(
  areas: readonly number[],
  { unit }: { readonly unit: string },
): Markup {
  if (areas.length === 0) return markup`<p>No objects.</p>`;
  const { edges, isLog } = binEdges(areas);
  const counts = countIn(edges, areas);
  const most = Math.max(...counts);
  const bar = 100 / counts.length;
  const xOf = (edge: number) => `${(edge * bar).toFixed(2)}%`;
  const yOf = (count: number) => TOP + HEIGHT * (1 - count / most);
  const parts: Markup[] = [];
  const ticks = tickCounts(most);
  for (const count of ticks) {
    const y = yOf(count).toFixed(1);
    parts.push(
      markup`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/>`,
      markup`<text x="-6" y="${y}" dy="4" text-anchor="end">${
        formatCount(count)
      }</text>`,
    );
  }
  counts.forEach((count, i) => {
    const y = yOf(count);
    const [from, to] = [edges[i], edges[i + 1]].map(formatNumber);
    parts.push(
      markup`<rect x="${xOf(i)}" y="${y.toFixed(1)}" width="${
        bar.toFixed(2)
      }%" height="${
        (TOP + HEIGHT - y).toFixed(1)
      }"><title>${from} to ${to} ${unit}: ${formatCount(count)}</title></rect>`,
    );
  });
  // As many labels as fit next to each other.
  const step = Math.ceil(edges.length / 5);
  edges.forEach((edge, i) => {
    if (i % step !== 0) return;
    parts.push(
      markup`<text x="${xOf(i)}" y="${
        TOP + HEIGHT + 18
      }" text-anchor="middle">${formatNumber(edge)}</text>`,
    );
  });
  const label = `area in ${unit}${isLog ? ", logarithmic" : ""}`;
  parts.push(
    markup`<text x="50%" y="${
      TOP + HEIGHT + 38
    }" text-anchor="middle">${label}</text>`,
  );
  const left = 12 + 8 * formatCount(ticks.at(-1)!).length;
  return markup`<svg class="histogram" style="height: ${
    TOP + HEIGHT + BOTTOM
  }px; margin-left: ${left}px; width: calc(100% - ${
    left + 24
  }px)" role="img" aria-label="Objects by ${label}">${parts}</svg>`;
}

function binEdges(
  areas: readonly number[],
): { edges: number[]; isLog: boolean } {
  const sorted = Float64Array.from(areas).sort();
  const least = sorted[0], most = sorted[sorted.length - 1];
  const middle = sorted[sorted.length >> 1];
  if (most > 30 * middle) {
    const from = Math.log10(least), to = Math.log10(most);
    const bars = Math.min(BARS, Math.ceil((to - from) * 6));
    const edges = Array.from(
      { length: bars + 1 },
      (_, i) => 10 ** (from + (to - from) * i / bars),
    );
    return { edges, isLog: true };
  }
  const step = niceStep(most / BARS);
  const bars = Math.floor(most / step) + 1;
  const edges = Array.from({ length: bars + 1 }, (_, i) => i * step);
  return { edges, isLog: false };
}

function countIn(edges: readonly number[], areas: readonly number[]): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const area of areas) {
    let low = 0, high = counts.length - 1; // to the last edge that is not above the area
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (edges[middle] <= area) low = middle;
      else high = middle - 1;
    }
    counts[low]++;
  }
  return counts;
}

function tickCounts(most: number): number[] {
  const step = Math.max(1, niceStep(most / 4));
  return Array.from(
    { length: Math.floor(most / step) + 1 },
    (_, i) => i * step,
  );
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power)
    .find((step) => step >= least * (1 - 1e-9))!;
}
