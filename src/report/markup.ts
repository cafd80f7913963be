/** The data URL of a JPEG or PNG. */
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

/** HTML or SVG; made by {@linkcode markup}, which escapes all text in it. */
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

/** The content of a template: text is escaped, lists are joined, and `undefined` is empty. */
export type Content =
  | string
  | number
  | Markup
  | undefined
  | readonly Content[];

/** Markup with text between tags or within quoted attributes; the text is escaped. */
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

/** A number with three significant digits and separators, never in exponential notation. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return (Math.abs(value) >= 100 ? whole : short).format(value);
}

const exact = new Intl.NumberFormat("en", { maximumSignificantDigits: 9 });

/** A round number in full, for axes. */
export function formatTick(value: number): string {
  return exact.format(value);
}

/** A number with three significant digits, for legends. */
export function shortNumber(value: number): string {
  return short.format(value);
}

/** A whole number with separators. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** An area in µm², or in mm² if it is large. */
export function formatArea(um2: number): string {
  return um2 >= 1e5
    ? `${formatNumber(um2 / 1e6)} mm²`
    : `${formatNumber(um2)} µm²`;
}

/** An uncertain area, as summaries have it. */
export function formatUncertain(
  { areaPx, areaUm2 }: { readonly areaPx: number; readonly areaUm2?: number },
): string {
  return areaUm2 === undefined
    ? `${formatCount(areaPx)} px`
    : formatArea(areaUm2);
}

/** A duration, given in milliseconds. */
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
