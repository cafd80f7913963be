import { cannot } from "../errors/cannot.ts";
import { MAX_CSV_FIELDS, MAX_CSV_RECORD } from "./limits.ts";

/** A record of a CSV. */
export interface CsvRecord {
  /** Its fields, without quotes. */
  readonly fields: readonly string[];
  /** The line where it begins, from 1. */
  readonly line: number;
}

/** Options for {@linkcode parseCsv} and {@linkcode readCsv}. */
export interface CsvOptions {
  /** Whether blanks around unquoted fields are removed. Default: true. */
  readonly trim?: boolean;
}

/**
 * Splits a CSV into records. Quoted fields may contain commas, quotes and line breaks. Empty lines and a byte order mark are
 * skipped, and the apostrophe that {@linkcode csvField} puts in front of formulas is left out.
 *
 * Source: RFC 4180.
 *
 * @throws {SyntaxError} If a quote is not closed, or text follows a quoted field.
 * @throws {RangeError} If a record exceeds {@linkcode MAX_CSV_RECORD} or {@linkcode MAX_CSV_FIELDS}.
 */
export function* parseCsv(
  text: string,
  options?: CsvOptions,
): Generator<CsvRecord, void, undefined> {
  yield* new CsvSplitter(options).take(text.replace(/^\ufeff/, ""), true);
}

/**
 * Splits a CSV that comes in pieces, such as those of a `TextDecoderStream`, in linear time; see {@linkcode parseCsv}.
 */
export async function* readCsv(
  pieces: AsyncIterable<string>,
  options?: CsvOptions,
): AsyncGenerator<CsvRecord, void, undefined> {
  const splitter = new CsvSplitter(options);
  for await (const piece of pieces) yield* splitter.take(piece, false);
  yield* splitter.take("", true);
}

/**
 * What a spreadsheet takes for a formula, or as its start in some languages; quotes do not help. Such text gets an apostrophe
 * in front, which spreadsheets take for the mark of text; one that has apostrophes before it gets another one.
 */
const FORMULA = /^'*\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^'*[\t\r\n]/;

/**
 * Text as a field of a CSV: quoted if necessary, and with an apostrophe in front of what a spreadsheet would take for a
 * formula. {@linkcode parseCsv} gives back the text.
 *
 * Source: OWASP, CSV Injection.
 */
export function csvField(text: string): string {
  const isFormula = FORMULA.test(text);
  // Readers may trim what is not quoted.
  if (!isFormula && !/[",\r\n]|^\s|\s$/.test(text)) return text;
  return `"${isFormula ? "'" : ""}${text.replaceAll('"', '""')}"`;
}

/** Fields as a line of a CSV, with a line break. Numbers stay as they are. */
export function csvLine(fields: readonly (string | number)[]): string {
  return `${
    fields.map((field) =>
      typeof field === "number" ? String(field) : csvField(field)
    ).join()
  }\n`;
}

/** Takes the apostrophe of {@linkcode csvField} away. */
function withoutMark(field: string): string {
  return field.startsWith("'") && FORMULA.test(field) ? field.slice(1) : field;
}

class CsvSplitter {
  readonly #trim: boolean;
  #text = "";
  #at = 0;
  #line = 1;
  /** Line breaks within the record. */
  #breaks = 0;
  /** Text that waits until it is worth another try: an open record is read again at twice its length. */
  #waiting: string[] = [];
  #length = 0;

  constructor({ trim = true }: CsvOptions = {}) {
    this.#trim = trim;
  }

  /** The records that end in a piece. */
  *take(piece: string, isLast: boolean): Generator<CsvRecord, void, undefined> {
    this.#waiting.push(piece);
    this.#length += piece.length;
    const open = this.#text.length - this.#at;
    if (
      !isLast && this.#length < open && this.#length + open <= MAX_CSV_RECORD
    ) {
      return;
    }
    const text = this.#text = this.#text.slice(this.#at) +
      this.#waiting.join("");
    this.#waiting = [];
    this.#length = this.#at = 0;
    while (this.#at < text.length) {
      const start = this.#at, line = this.#line;
      const fields = this.#record(isLast);
      if ((fields ? this.#at : text.length) - start > MAX_CSV_RECORD) {
        throw this.#tooLong(`${MAX_CSV_RECORD} characters`);
      }
      if (!fields) {
        this.#at = start;
        return;
      }
      this.#line += 1 + this.#breaks;
      if (fields.length > 1 || fields[0].trim() !== "") yield { fields, line };
    }
  }

  /** The fields up to the next line break, inclusive; `undefined` if more text is needed. */
  #record(isLast: boolean): string[] | undefined {
    const text = this.#text;
    const fields: string[] = [];
    this.#breaks = 0;
    while (true) {
      const field = this.#quoted(isLast) ?? this.#plain();
      const end = text[this.#at];
      const isOpen = end === undefined ||
        end === "\r" && this.#at === text.length - 1;
      if (isOpen && !isLast) return undefined;
      if (fields.push(field) > MAX_CSV_FIELDS) {
        throw this.#tooLong(`${MAX_CSV_FIELDS} fields`);
      }
      this.#at += text.startsWith("\r\n", this.#at) ? 2 : 1;
      if (end !== ",") return fields;
    }
  }

  #plain(): string {
    const end = this.#find(/[,\r\n]/g);
    const field = this.#text.slice(this.#at, end);
    this.#at = end;
    return withoutMark(this.#trim ? field.trim() : field);
  }

  /** `undefined` if the next field has no quotes. */
  #quoted(isLast: boolean): string | undefined {
    const text = this.#text;
    let from = this.#find(/[^ \t]/g);
    if (text[from] !== '"') return undefined;
    const start = from + 1;
    do {
      from = text.indexOf('"', from + 1) + 1;
      if (from === 0) {
        if (isLast) throw this.#malformed("a quote is not closed");
        this.#at = text.length;
        return "";
      }
    } while (text[from] === '"');
    const field = text.slice(start, from - 1).replaceAll('""', '"');
    for (const _ of field.matchAll(/\r\n?|\n/g)) this.#breaks++;
    this.#at = from;
    this.#at = this.#find(/[^ \t]/g);
    if (this.#find(/[,\r\n]/g) > this.#at) {
      throw this.#malformed("text follows a quoted field");
    }
    return withoutMark(field);
  }

  /** The start of the next match. */
  #find(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.index ?? this.#text.length;
  }

  #malformed(reason: string): Error {
    return cannot("read a CSV", `${reason} in line ${this.#line}`, {
      kind: SyntaxError,
    });
  }

  #tooLong(limit: string): Error {
    const reason = `the record in line ${this.#line} has more than ${limit}`;
    return cannot("read a CSV", reason, { kind: RangeError });
  }
}
