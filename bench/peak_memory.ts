/**
 * Runs `infer` with the given arguments, and prints the process's peak memory in bytes. {@linkcode benchMemory} starts it
 * as a separate process, as memory is rarely returned to the system.
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

/** Peak memory from the system, if available: a timer misses peaks while the thread is busy. */
async function peakOfSystem(): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const status = await Deno.readTextFile("/proc/self/status");
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
