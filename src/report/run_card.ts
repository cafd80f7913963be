import type { RunRecord } from "../masks/run_record.ts";
import { type Markup, markup } from "./markup.ts";

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
