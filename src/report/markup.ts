const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** HTML or SVG; made by {@linkcode markup}, so that no text becomes part of it unescaped. */
export class Markup {
  readonly #text: string;

  /** Takes text that is markup already. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: text is escaped, lists are joined, and `undefined` is nothing. */
export type Content =
  | string
  | number
  | Markup
  | undefined
  | readonly Content[];

/** Markup with text in it, between tags or within quoted attributes: whatever the text holds, it is shown and not obeyed. */
export function markup(
  strings: TemplateStringsArray,
  ...contents: readonly Content[]
): Markup {
  return new Markup(String.raw({ raw: strings }, ...contents.map(textOf)));
}

function textOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.toString();
  if (typeof content === "object") return content.map(textOf).join("");
  return String(content).replace(/[&<>"']/g, (letter) => ENTITIES[letter]);
}
