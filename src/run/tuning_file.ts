import { dirname, join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import type { ProfileEntry } from "../gpu/profiler.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { CACHE_VARIABLES, userCache } from "../io/user_cache.ts";
import { Tuning } from "../predict/tuning.ts";

interface Sum {
  name: string;
  calls: number;
  milliseconds: number;
  flops: number;
  bytes: number;
}

/**
 * Adds up the times of kernels, for the events `kernels` and `profile`.
 *
 * @category Segmentation
 */
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

  /** A table of the stages, by milliseconds spent waiting for each, and of the kernels, slowest first. */
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

/** Reads earlier measurements of this machine; empty if there are none, or they cannot be read. */
export async function readTuning(): Promise<Tuning> {
  const path = tuningPath();
  if (path === undefined) return new Tuning();
  // No question for what only saves time.
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") return new Tuning();
  try {
    return Tuning.parse(await Deno.readTextFile(path));
  } catch {
    return new Tuning();
  }
}

/**
 * The folder of the measurements.
 *
 * @throws {Error} If the user's cache folder is unknown; the message has the missing flag.
 */
export function tuningFolder(): string {
  return dirname(knownPath());
}

/** Whether measurements can be saved without asking for permission. */
export async function mayKeepTuning(): Promise<boolean> {
  const path = tuningPath();
  if (path === undefined) return false;
  const query = { name: "write", path: dirname(path) } as const;
  return (await Deno.permissions.query(query)).state === "granted";
}

/**
 * Saves measurements in the user's cache folder.
 *
 * @throws {Error} If the folder is unknown, or cannot be written.
 */
export async function writeTuning(tuning: Tuning): Promise<void> {
  const path = knownPath();
  await Deno.mkdir(dirname(path), { recursive: true });
  const file = await AtomicFile.create(path);
  try {
    await file.write(new TextEncoder().encode(tuning.stringify()));
    await file.close();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

function knownPath(): string {
  const path = tuningPath();
  if (path !== undefined) return path;
  throw cannot(
    "save measurements",
    `the user's cache folder is unknown; run with --allow-env=${
      CACHE_VARIABLES.join(",")
    }`,
  );
}

function tuningPath(): string | undefined {
  const folder = userCache();
  return folder && join(folder, "tuning.json");
}
