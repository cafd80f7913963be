import { splitRecord } from "./split_record.ts";

/**
 * Reads the run-length encodings of a CSV with the header `id,encoding` (training) or `id,predicted` (submissions).
 *
 * @param text The whole CSV; fields may be quoted, lines may end in CR LF.
 * @returns The code of each id, not decoded yet; see {@linkcode decodeRle}.
 * @throws {SyntaxError} If the header differs, a line does not have two fields, or an id occurs twice.
 *
 * @example
 * ```ts
 * import { readRleCsv } from "@tilewise/tilewise";
 *
 * console.log(readRleCsv("id,encoding\nkidney,2 3\n").get("kidney")); // "2 3"
 * ```
 */
export function readRleCsv(text: string): Map<string, string> {
  const codes = new Map<string, string>();
  let header = true;
  let line = 0;
  for (let from = text.startsWith("\ufeff") ? 1 : 0; from < text.length;) {
    let to = text.indexOf("\n", from);
    if (to < 0) to = text.length;
    const record = text.slice(from, to).trim();
    from = to + 1;
    line++;
    if (!record) continue;
    const fields = splitRecord(record);
    if (header) {
      if (
        fields.length !== 2 || fields[0] !== "id" ||
        !["encoding", "predicted"].includes(fields[1])
      ) {
        throw new SyntaxError(
          `Cannot read run-length codes as the header must be "id,encoding" or "id,predicted": received "${
            record.slice(0, 40)
          }"`,
        );
      }
      header = false;
      continue;
    }
    if (fields.length !== 2 || !fields[0]) {
      throw new SyntaxError(
        `Cannot read run-length codes as line ${line} must hold an id and a code: received "${
          record.slice(0, 40)
        }"`,
      );
    }
    if (codes.has(fields[0])) {
      throw new SyntaxError(
        `Cannot read run-length codes as each id may come once: received "${
          fields[0]
        }" again on line ${line}`,
      );
    }
    codes.set(fields[0], fields[1]);
  }
  if (header) {
    throw new SyntaxError(
      'Cannot read run-length codes as a header "id,encoding" is needed: received an empty file',
    );
  }
  return codes;
}
