import { parseCsv } from "../../io/csv.ts";

/**
 * Reads the run-length encodings of a CSV with the header `id,encoding` (training) or `id,predicted` (submissions).
 *
 * @param text The whole CSV; fields may be quoted, lines may end in CR LF.
 * @returns The code of each id, not decoded yet; see {@linkcode decodeRle}.
 * @throws {SyntaxError} If it is not CSV, the header differs, a line does not have two fields, or an id occurs twice.
 *
 * @example
 * ```ts
 * import { readRleCsv } from "@tilewise/tilewise/masks";
 *
 * console.log(readRleCsv("id,encoding\nkidney,2 3\n").get("kidney")); // "2 3"
 * ```
 */
export function readRleCsv(text: string): Map<string, string> {
  const codes = new Map<string, string>();
  let header = true;
  for (const { fields, line } of parseCsv(text)) {
    const [id, code] = fields;
    if (header) {
      if (
        fields.length !== 2 || id !== "id" ||
        !["encoding", "predicted"].includes(code)
      ) {
        throw new SyntaxError(
          `Cannot read run-length codes as the header must be "id,encoding" or "id,predicted": received "${
            fields.join(",").slice(0, 40)
          }"`,
        );
      }
      header = false;
      continue;
    }
    if (fields.length !== 2 || !id) {
      throw new SyntaxError(
        `Cannot read run-length codes as line ${line} must hold an id and a code: received "${
          fields.join(",").slice(0, 40)
        }"`,
      );
    }
    if (codes.has(id)) {
      throw new SyntaxError(
        `Cannot read run-length codes as each id may come once: received "${id}" again on line ${line}`,
      );
    }
    codes.set(id, code);
  }
  if (header) {
    throw new SyntaxError(
      'Cannot read run-length codes as a header "id,encoding" is needed: received an empty file',
    );
  }
  return codes;
}
