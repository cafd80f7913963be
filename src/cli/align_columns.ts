import { printable } from "../errors/cannot.ts";
import { widthOf } from "./progress.ts";

/** A table in columns: the first to the left, the others to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(printable));
  const widths = shown[0].map((_, i) =>
    Math.max(...shown.map((row) => widthOf(row[i])))
  );
  return shown.map((row) =>
    row.map((cell, i) => {
      const space = " ".repeat(widths[i] - widthOf(cell));
      return i === 0 ? cell + space : space + cell;
    }).join("  ").trimEnd()
  ).join("\n");
}
