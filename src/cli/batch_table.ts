import { basename } from "node:path";
import { printable } from "../errors/cannot.ts";
import { formatDuration, formatNumber } from "../report/markup.ts";
import type { BatchEntry } from "../run/run_context.ts";
import { widthOf } from "./progress.ts";

const HEADER = ["slide", "objects", "area", "tiles", "time", "status"];

/** A table of a batch, with a line of totals. */
export function batchTable(entries: readonly BatchEntry[]): string {
  const rows = [HEADER, ...entries.map(rowOf)];
  const widths = HEADER.map((_, i) =>
    Math.max(...rows.map((row) => widthOf(row[i])))
  );
  const lines = rows.map((row) =>
    row.map((cell, i) => {
      const isNumber = i > 0 && i < HEADER.length - 1;
      const space = " ".repeat(widths[i] - widthOf(cell));
      return isNumber ? space + cell : cell + space;
    }).join("  ").trimEnd()
  );
  const totals = (["done", "complete", "failed"] as const)
    .map((status) => ({
      status,
      count: entries.filter((entry) => entry.status === status).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status}`);
  return [...lines, `${entries.length} slides: ${totals.join(", ")}`].join(
    "\n",
  );
}

function rowOf({ source, place, status, summary }: BatchEntry): string[] {
  if (!summary) return [printable(fileOf(source)), "-", "-", "-", "-", status];
  const { objects, tiles, milliseconds } = summary;
  const area = objects.areaUm2
    ? `${formatNumber(objects.areaUm2.total / 1e6)} mm²`
    : `${formatNumber(objects.areaPx.total)} px`;
  const seconds = milliseconds ? formatDuration(milliseconds.total) : "-";
  return [
    printable(place),
    String(objects.count),
    area,
    `${tiles.seen}/${tiles.seen + tiles.skipped}`,
    seconds,
    status,
  ];
}

function fileOf(source: string): string {
  return basename(source) || source;
}
