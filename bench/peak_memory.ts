/**
 * Runs `infer` with the arguments given, and prints the most memory that the process held, in bytes.
 * A process of its own for {@linkcode benchMemory}, since memory that was once taken is rarely given back.
 *
 * @module
 */
import { infer } from "../src/cli/infer.ts";

let peak = 0;
const timer = setInterval(() => {
  peak = Math.max(peak, Deno.memoryUsage().rss);
}, 20);
const { signal } = new AbortController();
const code = await infer(Deno.args, { signal });
clearInterval(timer);
console.log(peak);
Deno.exit(code);
