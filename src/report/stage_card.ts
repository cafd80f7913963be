import { formatDuration, formatNumber, type Markup, markup } from "./markup.ts";

/** The time of a run by its stages; nothing if it is unknown. */
export function stages(
  milliseconds: Readonly<Record<string, number>> = {},
): Markup | undefined {
  const list = Object.entries(milliseconds).filter(([name]) =>
    name !== "total"
  );
  const sum = list.reduce((total, [, value]) => total + value, 0);
  if (sum <= 0) return undefined;
  const color = (i: number) => `background: var(--stage-${i % 4 + 1})`;
  const bar = list.map(([, value], i) =>
    markup`<span style="${color(i)}; width: ${
      (value / sum * 100).toFixed(2)
    }%"></span>`
  );
  const table = list.map(([name, value], i) =>
    markup`<tr><th><span class="dot" style="${
      color(i)
    }"></span>${name}</th><td class="number">${
      formatDuration(value)
    }</td><td class="number">${formatNumber(value / sum * 100)} %</td></tr>`
  );
  return markup`<section class="card"><h2>Time by stage</h2><div class="stages">${bar}</div><table>${table}</table></section>`;
}
