/**
 * Takes a CSV apart: rows of fields, which may be quoted and then hold commas, quotes and line ends.
 *
 * Source: RFC 4180.
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const fields = text.replace(/^\ufeff/, "").matchAll(
    /(?:[ \t]*"((?:[^"]|"")*)"[ \t]*|([^,\r\n]*))(,|\r?\n|\r|$)/g,
  );
  for (const [, quoted, plain, end] of fields) {
    const field = quoted?.replaceAll('""', '"') ?? plain.trim();
    row.push(field);
    if (end === ",") continue;
    if (row.length > 1 || field !== "") rows.push(row);
    row = [];
  }
  return rows;
}
