import { cannot } from "../errors/cannot.ts";

/** Maximum characters of a record, so that a quote that is never closed does not fill memory. */
const MOST = 1 << 24;

/** A record of a CSV. */
export interface CsvRecord {
  /** Its fields, without quotes. */
  readonly fields: readonly string[];
  /** The line where it begins, from 1. */
  readonly line: number;
}

/** How to read a CSV. */
export interface CsvOptions {
  /** Whether to remove blanks around unquoted fields. Default: true. */
  readonly trim?: boolean;
}

/**
 * Parses a CSV: quoted fields may contain commas, quotes and line breaks. Empty lines and a byte order mark are
 * skipped.
 *
 * Source: RFC 4180.
 *
 * @throws {SyntaxError} If a quote is not closed, or something follows it.
 */
export function* parseCsv(
  text: string,
  options?: CsvOptions,
): Generator<CsvRecord, void, undefined> {
  yield* new CsvSplitter(options).take(text.replace(/^\ufeff/, ""), true);
}

/**
 * Parses a CSV that arrives in pieces, such as those of a `TextDecoderStream`; see {@linkcode parseCsv}.
 *
 * @throws {RangeError} If a record has more than 16 million characters.
 */
export async function* readCsv(
  pieces: AsyncIterable<string>,
  options?: CsvOptions,
): AsyncGenerator<CsvRecord, void, undefined> {
  const splitter = new CsvSplitter(options);
  for await (const piece of pieces) yield* splitter.take(piece, false);
  yield* splitter.take("", true);
}

/** Formats text as a field of a CSV, quoted if necessary. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Formats fields as a line of a CSV, with a line break. */
export function csvLine(fields: readonly (string | number)[]): string {
  return `${fields.map((field) => csvField(String(field))).join()}\n`;
}

class CsvSplitter {
  readonly #trim: boolean;
  #text = "";
  #at = 0;
  #line = 1;

  constructor({ trim = true }: CsvOptions = {}) {
    this.#trim = trim;
  }

  /** The records that end in a piece. */
  *take(piece: string, isLast: boolean): Generator<CsvRecord, void, undefined> {
    const text = this.#text = this.#text.slice(this.#at) + piece;
    this.#at = 0;
    while (this.#at < text.length) {
      const start = this.#at, line = this.#line;
      const fields = this.#record(isLast);
      if (!fields) {
        this.#at = start;
        if (text.length - start <= MOST) return;
        throw cannot(
          "read a CSV",
          `the record in line ${line} has more than ${MOST} characters`,
          { kind: RangeError },
        );
      }
      this.#line += text.slice(start, this.#at).match(/\r\n?|\n/g)?.length ?? 0;
      if (fields.length > 1 || fields[0].trim() !== "") yield { fields, line };
    }
  }

  /** The fields up to the next line break, which is consumed; `undefined` if more text is needed. */
  #record(isLast: boolean): string[] | undefined {
    const text = this.#text;
    const fields: string[] = [];
    while (true) {
      const field = this.#quoted(isLast) ?? this.#plain();
      const end = text[this.#at];
      const isOpen = end === undefined ||
        end === "\r" && this.#at === text.length - 1;
      if (isOpen && !isLast) return undefined;
      fields.push(field);
      this.#at += text.startsWith("\r\n", this.#at) ? 2 : 1;
      if (end !== ",") return fields;
    }
  }

  #plain(): string {
    const end = this.#find(/[,\r\n]/g);
    const field = this.#text.slice(this.#at, end);
    this.#at = end;
    return this.#trim ? field.trim() : field;
  }

  /** A quoted field; `undefined` if the next field has no quotes. */
  #quoted(isLast: boolean): string | undefined {
    const text = this.#text;
    let from = this.#find(/[^ \t]/g);
    if (text[from] !== '"') return undefined;
    const parts: string[] = [];
    do {
      const end = text.indexOf('"', ++from);
      if (end < 0) {
        if (isLast) throw this.#malformed("a quote is not closed");
        this.#at = text.length;
        return "";
      }
      parts.push(text.slice(from, end));
      from = end + 1;
    } while (text[from] === '"');
    this.#at = from;
    this.#at = this.#find(/[^ \t]/g);
    if (this.#find(/[,\r\n]/g) > this.#at) {
      throw this.#malformed("text follows a quoted field");
    }
    return parts.join('"');
  }

  /** Index of the next match, or the end of the text. */
  #find(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.index ?? this.#text.length;
  }

  #malformed(reason: string): Error {
    return cannot("read a CSV", `${reason} in line ${this.#line}`, {
      kind: SyntaxError,
    });
  }
}
