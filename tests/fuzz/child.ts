// A process that reads inputs, and ends itself if one takes too long or too much memory.
import { cpuUsage } from "node:process";
import type { Job } from "./protocol.ts";

/** Times the limit after which an input is given up that takes no processor time. */
const PATIENCE = 4;

const job = JSON.parse(Deno.args[0]) as Job;
const { seconds, memory } = job.limits;
const buffer = new SharedArrayBuffer(8);
const board = new Float64Array(buffer);
const worker = new Worker(new URL("worker.ts", import.meta.url), {
  type: "module",
});
worker.postMessage({ job, buffer });
worker.onmessage = ({ data }: MessageEvent<string>) => {
  if (data) fail(data);
  // Then the worker closes itself, and is through with what `--coverage` records.
  clearInterval(watch);
  Deno.unrefTimer(setTimeout(() => Deno.exit(0), 5000));
};
worker.onerror = (event) => {
  event.preventDefault();
  fail(`threw past its promise: ${event.message}`);
};

let began = 0;
let cpuThen = 0;
const watch = setInterval(() => {
  const { rss } = Deno.memoryUsage();
  if (rss > memory) fail(`memory: the process took ${megabytes(rss)}`);
  const { user, system } = cpuUsage();
  const cpu = (user + system) / 1e6;
  if (board[0] !== began) {
    began = board[0];
    cpuThen = cpu;
  }
  if (began === 0) return;
  // Other processes may hold up one that computes, not one that waits for nothing.
  const wall = (Date.now() - began) / 1000;
  if (cpu - cpuThen > seconds || wall > PATIENCE * seconds) {
    fail(`time: it took more than ${seconds} s`);
  }
}, 10);

/** The last line of a child that ends early: what is wrong with the input that it was at. */
function fail(problem: string): never {
  Deno.stdout.writeSync(
    new TextEncoder().encode(JSON.stringify({ problem }) + "\n"),
  );
  Deno.exit(1);
}

function megabytes(bytes: number): string {
  return `more than ${Math.floor(bytes / 1e6)} MB`;
}
