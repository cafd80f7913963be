import { Markup, markup } from "./markup.ts";
import { page } from "./page.ts";

/** The parts of a page. */
export interface PageParts {
  /** The title, as text. */
  readonly title: string;
  /** The body. */
  readonly body: Markup;
  /** A module of JavaScript, at the end. */
  readonly script?: string;
  /** Seconds after which the page reloads. Default: never. */
  readonly reload?: number;
  /** Data for other pages, as JSON in the head. */
  readonly data?: unknown;
}

/**
 * Makes a self-contained page. Its content security policy forbids fetching, and running scripts other than its own.
 */
export function pageShell(
  { title, body, script, reload, data }: PageParts,
): string {
  const policy = new Markup(
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'" +
      (script ? "; script-src 'unsafe-inline'" : ""),
  );
  // In a script element, "</script" and "<!--" have a meaning, so every "<" is escaped.
  const json = data === undefined
    ? undefined
    : markup`<script type="application/json" id="data">${new Markup(
      JSON.stringify(data).replaceAll("<", "\\u003c"),
    )}</script>\n`;
  return String(markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Tilewise">
${
    reload
      ? markup`<meta http-equiv="refresh" content="${reload}">\n`
      : ""
  }<title>${title}</title>
${json}<style>${new Markup(page.css)}</style>
</head>
<body>
<main>
${body}
</main>
<footer>Made by Tilewise, for research; not a medical device.</footer>
${
    script
      ? markup`<script type="module">${new Markup(script)}</script>\n`
      : ""
  }</body>
</html>
`);
}
