import { escapeHtml } from "./escape_html.ts";

/** What a run was warned of, above all that follows from it; nothing where there is nothing. */
export function warningCard(warnings: readonly string[] = []): string {
  if (warnings.length === 0) return "";
  const items = warnings.map((text) => `<li>${escapeHtml(text)}</li>`);
  return `<section class="card wide" role="note"><h2 class="bad">Warnings</h2><ul>${
    items.join("")
  }</ul></section>`;
}
