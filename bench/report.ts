import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import type { PeerTime } from "./measure.ts";

/** A measurement, compared with a peer's. */
export interface BenchRow {
  readonly suite:
    | "layer"
    | "network"
    | "onnx"
    | "slide"
    | "memory"
    | "scaling"
    | "decode"
    | "train";
  /** Name of the layer, network or case. */
  readonly name: string;
  /** Side of the input image in pixels. */
  readonly size: number;
  /** Storage of tensors and weights; empty if there are none. */
  readonly precision: Precision | "";
  /** Median milliseconds. */
  readonly ms: number;
  /** 1e9 floating-point operations per second; a multiply-add counts as two. 0 if it computes little. */
  readonly gflops: number;
  /** The peer: the fastest, if there are several. */
  readonly peer: string | null;
  /** Median milliseconds of the peer. */
  readonly peerMs: number | null;
  /** Speedup over the peer: `peerMs / ms`. */
  readonly ratio: number | null;
  /** Precision of the peer: the faster one, if `precision` is f16. */
  readonly peerPrecision: Precision | null;
  /** All peers, the fastest first. */
  readonly peers?: readonly PeerTime[];
  /** Description of the layer or the comparison. */
  readonly layer?: string;
  /** Number of such layers in the network. */
  readonly count?: number;
}

/** Output of `bench --json`. */
export interface BenchReport {
  /** Name of the adapter. */
  readonly adapter: string;
  /** Name and version of its driver, or "unknown". */
  readonly driver: string;
  /** Version of Deno. */
  readonly deno: string;
  /** Peers and their versions, if any. */
  readonly peer: string | null;
  /** Measured runs per median. */
  readonly runs: number;
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

/** The header of the table of {@linkcode formatRow}. */
export function formatHead(): string {
  return line(COLUMNS.map(({ title }) => title), "what");
}

/** A measurement as a row of the table. */
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

/** One line per suite and precision: number of ratios, minimum, median and maximum. */
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
    return `${key}: ${sorted.length} ratios, minimum ${
      sorted[0].toFixed(2)
    }, median ${middle.toFixed(2)}, maximum ${sorted.at(-1)!.toFixed(2)}`;
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
