/**
 * Runs `infer` with the arguments given, and prints the most memory that the process held, in bytes.
 * A process of its own for {@linkcode benchMemory}, since memory that was once taken is rarely given back.
 *
 * @module
 */
import { infer } from "../src/cli/infer.ts";

let seen = 0;
const timer = setInterval(() => {
  seen = Math.max(seen, Deno.memoryUsage().rss);
}, 20);
const { signal } = new AbortController();
const code = await infer(Deno.args, { signal });
clearInterval(timer);
console.log(await peakOfSystem() ?? seen);
Deno.exit(code);

/** The peak as the system counts it, where it does: a timer misses what comes while the thread is busy. */
async function peakOfSystem(): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const status = await Deno.readTextFile("/proc/self/status");
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
