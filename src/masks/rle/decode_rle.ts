import { cannot } from "../../errors/cannot.ts";
import { type CsvRecord, parseCsv, readCsv } from "../../io/csv.ts";

/**
 * Decodes Kaggle's run-length encoding: pairs `start length`, column by column, the first pixel being 1.
 *
 * @param text The encoding; empty for an empty mask.
 * @param size The mask's size in pixels.
 * @returns The mask: one byte per pixel, 0 or 1, row by row.
 * @throws {SyntaxError} If it is not pairs of integers.
 * @throws {RangeError} If a run is empty, leaves the mask, or does not follow the run before it.
 *
 * @example
 * ```ts
 * import { decodeRle } from "@tilewise/tilewise/masks";
 *
 * console.log(decodeRle("2 3", { width: 2, height: 2 })); // Uint8Array(4) [ 0, 1, 1, 1 ]
 * ```
 *
 * @category Run-length codes
 */
export function decodeRle(
  text: string,
  size: { readonly width: number; readonly height: number },
): Uint8Array {
  const { width, height } = size;
  const mask = new Uint8Array(width * height);
  for (const { start, length } of parseRle(text, size)) {
    let x = Math.floor(start / height);
    let y = start - x * height;
    for (let left = length; left > 0; left--) {
      mask[y * width + x] = 1;
      if (++y === height) {
        y = 0;
        x++;
      }
    }
  }
  return mask;
}

const ACTION = "decode a run-length code";

/**
 * A run of foreground pixels, column by column.
 *
 * @category Run-length codes
 */
export interface Run {
  /** Its first pixel: `x * height + y`, from 0. */
  readonly start: number;
  /** Pixels in it. */
  readonly length: number;
}

/**
 * Reads Kaggle's run-length encoding (`start length` pairs, column by column, the first pixel being 1) run by run, so
 * that a mask larger than memory can be read from it.
 *
 * @param text The encoding; empty for an empty mask.
 * @param size The mask's size in pixels.
 * @throws {SyntaxError} If it is not pairs of integers.
 * @throws {RangeError} If a run is empty, leaves the mask, or does not follow the run before it.
 *
 * @example
 * ```ts
 * import { parseRle } from "@tilewise/tilewise/masks";
 *
 * console.log([...parseRle("2 3", { width: 2, height: 2 })]); // [ { start: 1, length: 3 } ]
 * ```
 *
 * @category Run-length codes
 */
export function* parseRle(
  text: string,
  size: { readonly width: number; readonly height: number },
): Generator<Run, void, undefined> {
  const pixels = size.width * size.height;
  let end = 0;
  let start: number | undefined;
  for (const [number] of text.matchAll(/\S+/g)) {
    if (!/^\d+$/.test(number)) {
      throw cannot(ACTION, "it must contain only whole numbers", {
        received: number.slice(0, 20),
        kind: SyntaxError,
      });
    }
    if (start === undefined) {
      start = Number(number) - 1;
      continue;
    }
    const length = Number(number);
    if (start < 0 || length < 1 || start + length > pixels) {
      throw cannot(ACTION, `runs must be within pixels 1 to ${pixels}`, {
        received: `${start + 1} ${length}`,
        kind: RangeError,
      });
    }
    if (start < end) {
      throw cannot(
        ACTION,
        `runs must ascend without overlap, but "${
          start + 1
        } ${length}" follows a run that ends at ${end}`,
        { kind: RangeError },
      );
    }
    end = start + length;
    yield { start, length };
    start = undefined;
  }
  if (start !== undefined) {
    throw cannot(
      ACTION,
      `its numbers must come in pairs, but the last start, ${
        start + 1
      }, has no length`,
      { kind: SyntaxError },
    );
  }
}

/**
 * Reads the run-length encodings of a CSV with the header `id,encoding` (training) or `id,predicted` (submissions); with
 * `id_class` in place of `id`, ids are those of a class of a slide, as `kidney_Tumor`.
 *
 * @param text The whole CSV; fields may be quoted, lines may end in CR LF.
 * @returns The code of each id, not decoded yet; see {@linkcode decodeRle}.
 * @throws {SyntaxError} If it is not CSV, the header differs, a line does not have two fields, or an id occurs twice.
 * @throws {RangeError} If a line has more than 64 million characters.
 *
 * @example
 * ```ts
 * import { readRleCsv } from "@tilewise/tilewise/masks";
 *
 * console.log(readRleCsv("id,encoding\nkidney,2 3\n").get("kidney")); // "2 3"
 * ```
 *
 * @category Run-length codes
 */
export function readRleCsv(text: string): Map<string, string> {
  const table = new CodeTable();
  for (const record of parseCsv(text)) table.add(record);
  return table.codes();
}

/** The run-length encodings of a CSV. */
export interface RleTable {
  /** The code of each id, not decoded yet. */
  readonly codes: ReadonlyMap<string, string>;
  /** Whether ids are those of classes of slides. */
  readonly ofClasses: boolean;
}

/** Reads the run-length encodings of a CSV that comes in pieces; see {@linkcode readRleCsv}. */
export async function streamRleCsv(
  pieces: AsyncIterable<string>,
): Promise<RleTable> {
  const table = new CodeTable();
  for await (const record of readCsv(pieces)) table.add(record);
  return { codes: table.codes(), ofClasses: table.ofClasses };
}

class CodeTable {
  readonly #codes = new Map<string, string>();
  #hasHeader = false;
  ofClasses = false;

  add({ fields, line }: CsvRecord): void {
    const [id, code] = fields;
    if (!this.#hasHeader) {
      const isHeader = fields.length === 2 && /^id(_class)?$/.test(id) &&
        ["encoding", "predicted"].includes(code);
      if (!isHeader) throw refuse(HEADER, fields);
      this.#hasHeader = true;
      this.ofClasses = id === "id_class";
    } else if (fields.length !== 2 || !id) {
      throw refuse(`line ${line} must have an id and a code`, fields);
    } else if (this.#codes.has(id)) {
      throw refuse(`line ${line} repeats the id ${JSON.stringify(id)}`);
    } else this.#codes.set(id, code);
  }

  codes(): Map<string, string> {
    if (!this.#hasHeader) throw refuse("the file is empty");
    return this.#codes;
  }
}

const HEADER =
  'the header must be "id,encoding" or "id,predicted", or begin with "id_class" if codes are of classes';

function refuse(reason: string, received?: readonly string[]): Error {
  return cannot("read run-length codes", reason, {
    ...(received && { received: received.join(",").slice(0, 40) }),
    kind: SyntaxError,
  });
}
