import type { RunRecord } from "../masks/run_record.ts";
import type { Unit } from "../options/option.ts";
import { pageWords } from "../options/page_words.ts";
import { formatNumber, formatTick, type Markup, markup } from "./markup.ts";

/** Formats values, given as text. */
const SAY: { readonly [U in Unit]: (value: string) => string } = {
  px: (value) => `${value} px`,
  "µm/px": (value) => `${value} µm/px`,
  GiB: (value) => isNaN(Number(value)) ? value : `${value} GiB`,
  // Some commands record an area with its unit, others in pixels.
  area: (value) => /^[\d.]+$/.test(value) ? `${value} px` : value,
  share: (value) => `${formatNumber(Number(value) * 100)} %`,
  numbers: (value) =>
    value.split(",").map((one) => formatNumber(Number(one))).join(", "),
  switch: (value) => value === "true" ? "yes" : "no",
};

/** Settings for machines, not for people. */
const HIDDEN = new Set(["fingerprint"]);

/** The settings of a run as a table with labels; a setting without a label has its name. */
export function settingsTable(
  settings: Readonly<Record<string, unknown>>,
): Markup {
  const known = Object.keys(pageWords).filter((name) => name in settings);
  const others = Object.keys(settings).filter((name) =>
    !Object.hasOwn(pageWords, name) && !HIDDEN.has(name)
  );
  const rows = [...known, ...others].flatMap((name) => {
    const value = plain(textOf(settings[name]));
    if (value === "") return [];
    const { word = name, unit } = pageWords[name] ?? {};
    return markup`<tr><th>${word}</th><td>${
      unit ? SAY[unit](value) : value
    }</td></tr>`;
  });
  return markup`<table class="settings">${rows}</table>`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(nameOf).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A list's item: of a class, its name. */
function nameOf(item: unknown): string {
  const { name = item } = Object(item);
  return String(name);
}

/** Writes numbers in exponential notation in full. */
function plain(value: string): string {
  return /^-?[\d.]+e[+-]?\d+$/.test(value) ? formatTick(Number(value)) : value;
}

/** The run as a card of its page. */
export function runCard(
  run: RunRecord | undefined,
  { slide }: { readonly slide?: string } = {},
): Markup | undefined {
  if (!run) return undefined;
  const { device } = run;
  const time = (text: string) => `${text.slice(0, 19).replace("T", " ")} UTC`;
  const rows: [string, string | undefined][] = [
    ["Tilewise", run.version],
    ["Run", run.id],
    ["Start", time(run.start)],
    ["End", time(run.end)],
    ["Slide", slide],
    ["Command", run.command.map(quoted).join(" ")],
    ["Host", run.host],
    ["Platform", `${run.platform}, ${run.runtime}`],
    [
      "Device",
      device && `${device.adapter}${device.software ? " (software)" : ""}`,
    ],
    ["Driver", device?.driver],
    ["Backend", device?.backend],
  ];
  const known = rows.filter(([, value]) => value !== undefined);
  return markup`<section class="card"><h2>Run</h2><table class="settings">${
    known.map(([name, value]) =>
      markup`<tr><th>${name}</th><td>${value}</td></tr>`
    )
  }</table></section>`;
}

/** Quotes an argument for a shell. */
function quoted(argument: string): string {
  return /^[\w./:=@%+,-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** The warnings of a run as a card; none if there are no warnings. */
export function warningCard(
  warnings: readonly string[] = [],
): Markup | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map((text) => markup`<li>${text}</li>`);
  return markup`<section class="card wide" role="note"><h2 class="bad">Warnings</h2><ul>${items}</ul></section>`;
}
