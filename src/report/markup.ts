/** A JPEG or a PNG as a data URL. */
export function dataUrl(bytes: Uint8Array): string {
  const type = bytes[0] === 0xff ? "image/jpeg" : "image/png";
  return `data:${type};base64,${bytes.toBase64()}`;
}

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

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A number with three significant digits and separators, as people read it: never by its power of ten. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return (Math.abs(value) >= 100 ? whole : short).format(value);
}

const exact = new Intl.NumberFormat("en", { maximumSignificantDigits: 9 });

/** A round number in full, as axes have it. */
export function formatTick(value: number): string {
  return exact.format(value);
}

/** A number with three significant digits, as legends have it. */
export function shortNumber(value: number): string {
  return short.format(value);
}

/** A whole number with separators. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** An area in µm², in mm² where that reads better. */
export function formatArea(um2: number): string {
  return um2 >= 1e5
    ? `${formatNumber(um2 / 1e6)} mm²`
    : `${formatNumber(um2)} µm²`;
}

/** Milliseconds as people say them. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${formatNumber(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const rest = String(Math.round(seconds) % 60).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${rest} min`;
  return `${Math.floor(minutes / 60)}:${
    String(minutes % 60).padStart(2, "0")
  }:${rest} h`;
}
