import { escapeHtml } from "./escape_html.ts";
import { formatCount, formatNumber } from "./format_number.ts";

const WIDTH = 440, HEIGHT = 220;
const LEFT = 44, RIGHT = 24, TOP = 12, BOTTOM = 44;
/** Bars at most, about. */
const BARS = 24;

/**
 * Draws how many objects there are of which area, as inline SVG. Bars are of equal width; where the largest object is far
 * larger than the middle one, of equal width in logarithm, so that the small ones are told apart too.
 *
 * @param areas Areas in any order, in `unit`.
 */
export function areaHistogram(
  areas: readonly number[],
  { unit }: { readonly unit: string },
): string {
  if (areas.length === 0) return "<p>No objects.</p>";
  const { edges, isLog } = binEdges(areas);
  const counts = countIn(edges, areas);
  const most = Math.max(...counts);
  const plotWidth = WIDTH - LEFT - RIGHT, plotHeight = HEIGHT - TOP - BOTTOM;
  const bar = plotWidth / counts.length;
  const xOf = (edge: number) => LEFT + edge * bar;
  const yOf = (count: number) => TOP + plotHeight * (1 - count / most);
  const parts: string[] = [];
  for (const count of tickCounts(most)) {
    const y = yOf(count).toFixed(1);
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${
        WIDTH - RIGHT
      }" y1="${y}" y2="${y}"/>`,
      `<text x="${LEFT - 6}" y="${y}" dy="4" text-anchor="end">${
        formatCount(count)
      }</text>`,
    );
  }
  counts.forEach((count, i) => {
    const y = yOf(count);
    parts.push(
      `<rect x="${(xOf(i) + 1).toFixed(1)}" y="${y.toFixed(1)}" width="${
        Math.max(1, bar - 2).toFixed(1)
      }" height="${(TOP + plotHeight - y).toFixed(1)}"><title>${
        escapeHtml(
          `${formatNumber(edges[i])} to ${
            formatNumber(edges[i + 1])
          } ${unit}: ${formatCount(count)}`,
        )
      }</title></rect>`,
    );
  });
  // As many labels as fit beside each other.
  const step = Math.ceil(edges.length / 6);
  edges.forEach((edge, i) => {
    if (i % step !== 0) return;
    parts.push(
      `<text x="${xOf(i).toFixed(1)}" y="${
        HEIGHT - BOTTOM + 18
      }" text-anchor="middle">${formatNumber(edge)}</text>`,
    );
  });
  const label = `area in ${unit}${isLog ? ", logarithmic" : ""}`;
  parts.push(
    `<text x="${LEFT + plotWidth / 2}" y="${HEIGHT - 6}" text-anchor="middle">${
      escapeHtml(label)
    }</text>`,
  );
  return `<svg class="histogram" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Objects by ${
    escapeHtml(label)
  }">${parts.join("")}</svg>`;
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
    let low = 0, high = counts.length - 1; // The last edge that is not above the area.
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

/** The least of 1, 2, 5, 10, 20, … times a power of ten that is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power)
    .find((step) => step >= least * (1 - 1e-9))!;
}
