/**
 * The command line: `deno run --allow-read --allow-write jsr:@tilewise/tilewise/cli infer SLIDE... --weights FILE --out DIR`.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors/usage_error.ts";
import { closest } from "../options/parse_options.ts";
import { oneLine } from "../run/run_context.ts";
import { evaluate } from "./evaluate.ts";
import { infer } from "./infer.ts";
import { inspect } from "./inspect.ts";
import { tile } from "./tile.ts";
import { trainCommand } from "./train.ts";
import { view } from "./view.ts";

const help = `Whole-slide segmentation on WebGPU.

Usage: tilewise COMMAND [options]

  infer       find what a model was trained for in slides
  evaluate    compare what is found with labels
  tile        cut slides and labels into tiles to train on
  train       train a model on slides and their labels
  view        look at a slide and what was found in it
  inspect     say what a slide's file holds, and what is made of it

tilewise COMMAND --help tells more, tilewise --version the version.`;

const commands = { evaluate, infer, inspect, tile, train: trainCommand, view };

/** How {@linkcode main} runs. */
export interface MainOptions {
  /** Ends the run early. Default: Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command line, without the program's name. Ctrl-C ends it early, with nothing half done kept; so does a `signal`,
 * which then takes Ctrl-C's place.
 *
 * @example
 * ```ts
 * import { main } from "@tilewise/tilewise/cli";
 *
 * const code = await main(["--version"], { signal: AbortSignal.timeout(60_000) });
 * console.assert(code === 0);
 * ```
 *
 * @returns the exit code: 0 done, 1 failed, 2 the command line makes no sense, 130 interrupted.
 */
export async function main(
  args: readonly string[],
  { signal }: MainOptions = {},
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(help);
    return name === undefined ? 2 : 0;
  }
  const options = args.slice(0, args.indexOf("--") + 1 || args.length);
  if (options.includes("--version") || options.includes("-V")) {
    console.log(`tilewise ${project.version}`);
    return 0;
  }
  using interrupt = signal ? { signal, [Symbol.dispose]() {} } : onInterrupt();
  try {
    if (!Object.hasOwn(commands, name)) {
      const meant = closest(name, Object.keys(commands));
      throw new UsageError(
        `There is no command "${name}"` +
          (meant === undefined ? "" : `: did you mean ${meant}?`),
      );
    }
    return await commands[name as keyof typeof commands](rest, interrupt);
  } catch (error) {
    console.error(`tilewise: ${oneLine(error)}`);
    if (interrupt.signal.aborted) return 130; // as shells have it
    if (!(error instanceof UsageError)) return 1;
    const command = Object.hasOwn(commands, name) ? `${name} ` : "";
    console.error(`tilewise ${command}--help tells how it is used`);
    return 2;
  }
}

/** A signal that Ctrl-C aborts, until it is disposed of; the second Ctrl-C ends the process. */
function onInterrupt(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stopListening = () => Deno.removeSignalListener("SIGINT", listener);
  const listener = () => {
    stopListening();
    controller.abort(new Error("Interrupted: nothing half done is kept"));
  };
  Deno.addSignalListener("SIGINT", listener);
  return { signal: controller.signal, [Symbol.dispose]: stopListening };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
