/**
 * The example service and `view` under many clients, some slow, some leaving, some asking nonsense:
 *
 *     deno task load [--seconds N] [--clients N] [--compare]
 *
 * prints latencies, fairness, memory, and how soon the work of those who left is freed. `--compare` asks for everything
 * in quiet first, and compares each answer under load with that.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { makeTiff } from "../helpers/make_tiff.ts";
import { noise } from "../helpers/noise.ts";
import {
  digestOf,
  Record,
  runClient,
  type Servers,
  timeToFree,
  timeToLeaveQueue,
} from "./clients.ts";

/** How to run. */
export interface LoadOptions {
  readonly seconds: number;
  readonly clients: number;
  /** Whether to compare all answers with those of a quiet run. Default: false. */
  readonly compare?: boolean;
}

/** What was measured. */
export interface Load {
  readonly record: Record;
  /** Bytes in memory: before the load, at most, and after it. */
  readonly memory: { before: number; peak: number; after: number };
  /** Milliseconds until the places of those who left were free. */
  readonly freed: readonly number[];
}

/** Slides of several kinds, the largest first. */
async function writeSlides(folder: string): Promise<string[]> {
  const page = (width: number, height: number) => {
    return { width, height, pixels: noise(width, height, 3) };
  };
  const tile = { width: 128, height: 128 };
  const files = {
    "large.tif": await makeTiff([{ ...page(640, 640), tile }]),
    "small.tif": await makeTiff([page(150, 110)]),
    "deflated.tif": await makeTiff([
      { ...page(512, 512), tile, compression: "deflate" },
      { ...page(256, 256), tile, compression: "deflate" },
    ]),
    "big.tif": await makeTiff([page(256, 384)], { bigTiff: true }),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  return Object.keys(files);
}

/** Starts the servers in a process of their own. */
async function startServers(folder: string, names: readonly string[]) {
  const script = new URL("serve.ts", import.meta.url).pathname;
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read"],
      ...["--allow-net=127.0.0.1", script, folder, names[0]],
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The servers did not start");
    line += value;
  }
  const { layers: [{ minZoom, maxZoom }], ...urls } = JSON.parse(line);
  const servers: Servers = {
    ...urls,
    slides: names.map((name) => `/objects/${name}`),
    tiles: [minZoom, maxZoom - 1, maxZoom, maxZoom].map((zoom, i) =>
      `/slides/0/tiles/slide/${zoom}/${i === 3 ? "1_1" : "0_0"}`
    ),
  };
  return {
    servers,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** Puts the servers under load. */
export async function load(
  { seconds, clients, compare }: LoadOptions,
): Promise<Load> {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-load-" });
  try {
    const names = await writeSlides(folder);
    await using started = await startServers(folder, names);
    const { servers } = started;
    const record = new Record();
    const memory = async (): Promise<{ rss: number; peak: number }> =>
      await (await fetch(servers.stats)).json();
    for (const path of [...servers.slides, ...servers.tiles]) {
      const base = path.startsWith("/slides/0/tiles")
        ? servers.view
        : servers.service;
      const bytes = await (await fetch(base + path)).bytes();
      if (compare) record.quiet.set(path, await digestOf(bytes));
    }
    const before = (await memory()).rss;
    const stop = new AbortController();
    const running = Array.from(
      { length: clients },
      (_, id) => runClient(id, { servers, record, signal: stop.signal }),
    );
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    stop.abort();
    await Promise.all(running);
    const freed: number[] = [];
    for (let i = 0; i < 10; i++) {
      freed.push(await timeToFree(servers), await timeToLeaveQueue(servers));
    }
    const { rss: after, peak } = await memory();
    return { record, memory: { before, peak, after }, freed };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The result as text: a line for each figure. */
export function describeLoad({ record, memory, freed }: Load): string {
  const lines: string[] = [];
  for (const [kind, clients] of record.times) {
    const times = [...clients.values()].flat().sort((a, b) => a - b);
    const at = (part: number) => quantile(times, part).toFixed(0);
    const means = [...clients.values()].map((all) =>
      all.reduce((sum, one) => sum + one, 0) / all.length
    ).sort((a, b) => a - b);
    const unfair = quantile(means, 1) / quantile(means, 0.5);
    lines.push(
      `${kind}: ${times.length} answers, ms: median ${at(0.5)}, 95 % ${
        at(0.95)
      }, 99 % ${at(0.99)}, most ${at(1)}; slowest client / median client ${
        unfair.toFixed(2)
      }`,
    );
  }
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const { before, peak, after } = memory;
  lines.push(
    `memory: ${mib(before)} before, ${mib(peak)} at most, ${mib(after)} after`,
    `freed after a client left, ms: median ${
      quantile(freed.toSorted((a, b) => a - b), 0.5).toFixed(0)
    }, most ${Math.max(...freed).toFixed(0)}`,
    `answers: ${
      [...record.statuses].sort().map(([what, n]) => `${what} ${n}`).join(", ")
    }`,
    `compared with a quiet run: ${record.compared}`,
    `wrong: ${record.wrong.length}`,
    ...record.wrong.slice(0, 10).map((one) => `  ${one.slice(0, 200)}`),
  );
  return lines.join("\n");
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, {
    string: ["seconds", "clients"],
    boolean: ["compare"],
    default: { seconds: "60", clients: "50" },
  });
  const result = await load({
    seconds: Number(options.seconds),
    clients: Number(options.clients),
    compare: options.compare,
  });
  console.log(describeLoad(result));
  const { record, freed, memory } = result;
  const isGood = record.wrong.length === 0 && Math.max(...freed) < 1000 &&
    memory.peak < 2 ** 30;
  Deno.exit(isGood ? 0 : 1);
}
