import type { RunRecord } from "../masks/run_record.ts";
import { escapeHtml } from "./escape_html.ts";

/** How a run came about, as a card of its page; empty where that is not known. */
export function runCard(
  run: RunRecord | undefined,
  { slide }: { readonly slide?: string } = {},
): string {
  if (!run) return "";
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
  return `<section class="card"><h2>Run</h2><table class="settings">${
    rows.map(([name, value]) =>
      value === undefined
        ? ""
        : `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`
    ).join("")
  }</table></section>`;
}

/** An argument as a shell takes it. */
function quoted(argument: string): string {
  return /^[\w./:=@%+,-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;
}
