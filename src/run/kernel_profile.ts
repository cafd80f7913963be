import type { ProfileEntry } from "../gpu/profiler.ts";

interface Sum {
  name: string;
  calls: number;
  milliseconds: number;
  flops: number;
  bytes: number;
}

/** Adds up what kernels take, for the events `kernels` and `profile`. */
export class KernelProfile {
  readonly #kernels = new Map<string, Sum>();

  /** Adds a tile's kernels. */
  add(entries: readonly ProfileEntry[]): void {
    for (const { kernel, milliseconds, flops, bytes } of entries) {
      const sum = this.#kernels.get(kernel) ??
        { name: kernel, calls: 0, milliseconds: 0, flops: 0, bytes: 0 };
      sum.calls++;
      sum.milliseconds += milliseconds;
      sum.flops += flops;
      sum.bytes += bytes;
      this.#kernels.set(kernel, sum);
    }
  }

  /** A table of the stages, by milliseconds that were spent waiting for each, and of the kernels, slowest first. */
  table(stages: Readonly<Record<string, number>>): string {
    const all = Object.values(stages).reduce((a, b) => a + b, 0);
    const kernels = [...this.#kernels.values()]
      .sort((a, b) => b.milliseconds - a.milliseconds);
    const onGpu = kernels.reduce(
      (sum, { milliseconds }) => sum + milliseconds,
      0,
    );
    const lines = [
      row(["stage", "ms", "%"]),
      ...Object.entries(stages).map(([name, milliseconds]) =>
        row([name, ms(milliseconds), percent(milliseconds, all)])
      ),
      "",
      row(["kernel", "ms", "%", "calls", "GFLOP/s", "GB/s"]),
      ...kernels.map(({ name, calls, milliseconds, flops, bytes }) =>
        row([
          name,
          ms(milliseconds),
          percent(milliseconds, onGpu),
          String(calls),
          flops > 0 ? (flops / milliseconds / 1e6).toFixed(1) : "–",
          (bytes / milliseconds / 1e6).toFixed(2),
        ])
      ),
    ];
    if (kernels.length === 0) lines.push("(this adapter has no timestamps)");
    return lines.join("\n");
  }
}

const WIDTHS = [18, 10, 7, 8, 9, 8];

function row(cells: readonly string[]): string {
  return cells.map((cell, i) =>
    i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i])
  ).join("").trimEnd();
}

function ms(milliseconds: number): string {
  return milliseconds.toFixed(1);
}

function percent(part: number, whole: number): string {
  return whole > 0 ? (part / whole * 100).toFixed(1) : "–";
}
