import { Markup, markup } from "./markup.ts";
import { page } from "./page.ts";

/** What a page is made of. */
export interface PageParts {
  /** The title, as text. */
  readonly title: string;
  /** What stands in the body. */
  readonly body: Markup;
  /** A module of JavaScript, at the end. */
  readonly script?: string;
  /** Seconds after which the page loads itself anew; it stays without them. */
  readonly reload?: number;
  /** What other pages may read of it, as JSON in the head. */
  readonly data?: unknown;
}

/**
 * Puts a page together that needs nothing but itself. Its content security policy lets nothing be fetched and no more run
 * than stands in it.
 */
export function pageShell(
  { title, body, script, reload, data }: PageParts,
): string {
  const policy = new Markup(
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'" +
      (script ? "; script-src 'unsafe-inline'" : ""),
  );
  // Within a script element only "</script" and "<!--" have a meaning, so no "<" is left.
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
${body}
<footer>Made by Tilewise, for research; no medical device.</footer>
${
    script
      ? markup`<script type="module">${new Markup(script)}</script>\n`
      : ""
  }</body>
</html>
`);
}
