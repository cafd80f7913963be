import type { RunRecord } from "../masks/run_record.ts";
import type { Unit } from "../options/option.ts";
import { pageWords } from "../options/page_words.ts";
import { formatNumber, formatTick, type Markup, markup } from "./markup.ts";

/** How values are said, which come as text. */
const SAY: { readonly [U in Unit]: (value: string) => string } = {
  px: (value) => `${value} px`,
  "µm/px": (value) => `${value} µm/px`,
  GiB: (value) => isNaN(Number(value)) ? value : `${value} GiB`,
  // Some commands take an area with its unit, others pixels.
  area: (value) => /^[\d.]+$/.test(value) ? `${value} px` : value,
  share: (value) => `${formatNumber(Number(value) * 100)} %`,
  numbers: (value) =>
    value.split(",").map((one) => formatNumber(Number(one))).join(", "),
  switch: (value) => value === "true" ? "yes" : "no",
};

/** Tells runs apart for machines; people have the rest. */
const HIDDEN = new Set(["fingerprint"]);

/** The settings of a run as a table that says them in words; what has none stands as it is called. */
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
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Numbers that are written by their power of ten, in full. */
function plain(value: string): string {
  return /^-?[\d.]+e[+-]?\d+$/.test(value) ? formatTick(Number(value)) : value;
}

/** How a run came about, as a card of its page. */
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

/** An argument as a shell takes it. */
function quoted(argument: string): string {
  return /^[\w./:=@%+,-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** What a run was warned of, above all that follows from it; nothing where there is nothing. */
export function warningCard(
  warnings: readonly string[] = [],
): Markup | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map((text) => markup`<li>${text}</li>`);
  return markup`<section class="card wide" role="note"><h2 class="bad">Warnings</h2><ul>${items}</ul></section>`;
}
