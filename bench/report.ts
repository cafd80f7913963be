import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import type { PeerTime } from "./measure.ts";

/** One measured thing beside the peer's. */
export interface BenchRow {
  /** What kind of thing. */
  readonly suite:
    | "layer"
    | "network"
    | "slide"
    | "memory"
    | "scaling"
    | "decode"
    | "train";
  /** The layer's or network's name. */
  readonly name: string;
  /** Side of the image that goes into the network, in pixels. */
  readonly size: number;
  /** How tensors and weights are stored; empty where there are none. */
  readonly precision: Precision | "";
  /** Median milliseconds. */
  readonly ms: number;
  /** 1e9 floating-point operations a second, two a multiply-add; 0 where it hardly computes. */
  readonly gflops: number;
  /** What it is compared with: the faster one, where there are two. */
  readonly peer: string | null;
  /** Median milliseconds of the peer. */
  readonly peerMs: number | null;
  /** How many times as long the peer takes: `peerMs / ms`. */
  readonly ratio: number | null;
  /** The peer's storage: the faster one, where `precision` is f16. */
  readonly peerPrecision: Precision | null;
  /** All engines that it was compared with, the fastest first. */
  readonly peers?: readonly PeerTime[];
  /** What the layer computes. */
  readonly layer?: string;
  /** How many such layers the network has. */
  readonly count?: number;
}

/** What `bench --json` prints. */
export interface BenchReport {
  /** The adapter, as it calls itself. */
  readonly adapter: string;
  /** Its driver, as far as it can be told. */
  readonly driver: string;
  /** Deno's version. */
  readonly deno: string;
  /** The peers and their versions, if there are any. */
  readonly peer: string | null;
  /** Measured runs behind each median. */
  readonly runs: number;
  /** The measurements. */
  readonly rows: readonly BenchRow[];
}

const COLUMNS = [
  { title: "name", width: 34, left: true },
  { title: "size", width: 5 },
  { title: "", width: 4 },
  { title: "ms", width: 9 },
  { title: "GFLOP/s", width: 8 },
  { title: "peer ms", width: 12 },
  { title: "ratio", width: 7 },
] as const;

/** The head of the table that {@linkcode formatRow} writes the lines of. */
export function formatHead(): string {
  return line(COLUMNS.map(({ title }) => title), "what");
}

/** A measurement as a line of a table. */
export function formatRow(row: BenchRow): string {
  const { peerMs, ratio, peerPrecision } = row;
  const cells = [
    row.name,
    String(row.size),
    row.precision,
    formatMs(row.ms),
    row.gflops > 0 ? row.gflops.toFixed(1) : "-",
    peerMs === null ? "-" : `${formatMs(peerMs)} ${peerPrecision ?? ""}`,
    ratio === null ? "-" : `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`,
  ];
  const times = row.count && row.count > 1 ? `, ${row.count} times` : "";
  const [fastest, ...slower] = row.peers ?? [];
  const peers = fastest
    ? `  (${
      [
        fastest.name,
        ...slower.map(({ name, ms }) => `${name} ${formatMs(ms)}`),
      ].join("; ")
    })`
    : "";
  return line(cells, (row.layer ? row.layer + times : row.suite) + peers);
}

/** The ratios of each suite and storage in a line: how many, the least, the median and the most. */
export function formatSummary(rows: readonly BenchRow[]): string[] {
  const ratios = new Map<string, number[]>();
  for (const { suite, precision, ratio } of rows) {
    if (ratio === null) continue;
    const key = `${suite} ${precision}`.trim();
    ratios.set(key, [...ratios.get(key) ?? [], ratio]);
  }
  return [...ratios].map(([key, values]) => {
    const sorted = values.sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    return `${key}: ${sorted.length} ratios, least ${
      sorted[0].toFixed(2)
    }, median ${middle.toFixed(2)}, most ${sorted.at(-1)!.toFixed(2)}`;
  });
}

function line(cells: readonly string[], last: string): string {
  const padded = COLUMNS.map((column, i) =>
    "left" in column
      ? cells[i].padEnd(column.width)
      : cells[i].padStart(column.width)
  );
  return [...padded, last].join("  ");
}

function formatMs(ms: number): string {
  return ms < 10 ? ms.toFixed(3) : ms.toFixed(1);
}
