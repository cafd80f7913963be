/**
 * The command line: `deno run --allow-read --allow-write jsr:@tilewise/tilewise/cli infer SLIDE... --weights FILE --out DIR`.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors/cannot.ts";
import { mayPass } from "../io/may_pass.ts";
import { closest } from "../options/parse_options.ts";
import { oneLine } from "../run/run_context.ts";
import { evaluate } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { infer } from "./infer.ts";
import { inspect } from "./inspect.ts";
import {
  INTERRUPTED,
  type Interrupts,
  listenForInterrupts,
  RETRY,
} from "./interrupts.ts";
import { merge } from "./merge.ts";
import { model } from "./model.ts";
import { plan } from "./plan.ts";
import { status } from "./status.ts";
import { tile } from "./tile.ts";
import { trainCommand } from "./train.ts";
import { view } from "./view.ts";

const help = `Whole-slide segmentation on WebGPU.

Usage: tilewise COMMAND [options]

  infer       segment slides with a model
  evaluate    compare predictions with labels
  tile        cut slides and labels into tiles for training
  train       train a model on slides and labels
  view        show a slide and its results in the browser
  inspect     report what a slide file holds and how it is read
  export      write a model as an ONNX file
  model       check models, or make the folder of one from weights
  plan        plan a cohort of slides for several machines
  status      say how far a cohort is
  merge       join the parts of a cohort to results

See tilewise COMMAND --help for the options, tilewise --version for the version.`;

const commands = {
  evaluate,
  export: exportCommand,
  infer,
  inspect,
  merge,
  model,
  plan,
  status,
  tile,
  train: trainCommand,
  view,
};

/** Options for {@linkcode main}. */
export interface MainOptions {
  /** Stops the run early. Default: Ctrl-C. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command line, without the program's name. Ctrl-C stops it early, and no incomplete results are kept; a `signal`
 * takes the place of Ctrl-C.
 *
 * @example
 * ```ts
 * import { main } from "@tilewise/tilewise/cli";
 *
 * const code = await main(["--version"], { signal: AbortSignal.timeout(60_000) });
 * console.assert(code === 0);
 * ```
 *
 * @returns the exit code: 0 done, 1 failed, 2 invalid command line, 104 failed as the network, a full disk or a lost device
 * does, 130 interrupted (143 by SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2).
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
  using interrupt: Interrupts = signal
    ? { signal, code: undefined, [Symbol.dispose]() {} }
    : listenForInterrupts({ bounded: name === "infer" });
  try {
    if (!Object.hasOwn(commands, name)) {
      const meant = closest(name, Object.keys(commands));
      throw new UsageError(
        `Unknown command "${name}"` +
          (meant === undefined ? "" : `; did you mean ${meant}?`),
      );
    }
    const run = commands[name as keyof typeof commands];
    const code = await run(rest, interrupt);
    return code === INTERRUPTED ? interrupt.code ?? code : code;
  } catch (error) {
    console.error(`tilewise: ${oneLine(error)}`);
    if (interrupt.signal.aborted) return interrupt.code ?? INTERRUPTED;
    if (!(error instanceof UsageError)) return mayPass(error) ? RETRY : 1;
    const command = Object.hasOwn(commands, name) ? `${name} ` : "";
    console.error(`See tilewise ${command}--help`);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
