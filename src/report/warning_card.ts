import { type Markup, markup } from "./markup.ts";

/** What a run was warned of, above all that follows from it; nothing where there is nothing. */
export function warningCard(
  warnings: readonly string[] = [],
): Markup | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map((text) => markup`<li>${text}</li>`);
  return markup`<section class="card wide" role="note"><h2 class="bad">Warnings</h2><ul>${items}</ul></section>`;
}
