import { cannot } from "../src/errors/cannot.ts";

/** A kernel's run in onnxruntime's profile. */
interface KernelEvent {
  readonly cat: string;
  /** `node&operator&kernel`. */
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
}

let lines: string[] | undefined;

/**
 * Intercepts the console, where alone onnxruntime's WebAssembly build prints its profile. Call it before onnxruntime is
 * loaded, as it keeps references to the console's functions.
 */
export function watchConsole(): void {
  const { log } = console;
  console.log = (...data: unknown[]) => {
    if (lines && typeof data[0] === "string") lines.push(data[0]);
    else log(...data);
  };
}

/** Captures the lines that a function prints. */
export function captureConsole(print: () => void): string[] {
  lines = [];
  try {
    print();
    return lines;
  } finally {
    lines = undefined;
  }
}

/**
 * GPU time of each run's kernels in milliseconds, from a profile of `runs` equal runs.
 *
 * Transpositions of a model's inputs and outputs to onnxruntime's layout are not counted, in its favor: within a network
 * they are not needed. Neither are kernels that ran only once, to prepare weights.
 *
 * @throws {TypeError} If no kernel ran on the GPU.
 */
export function parseKernelTimes(
  profile: readonly string[],
  { runs }: { readonly runs: number },
): number[] {
  const durations = new Map<string, number[]>();
  for (const line of profile) {
    if (!line.startsWith('{"cat" : "Api"')) continue;
    const event: KernelEvent = JSON.parse(line.replace(/,\s*$/, ""));
    if (event.name.split("&")[1] === "Transpose") continue;
    const known = durations.get(event.name);
    if (known) known.push(event.dur / 1000);
    else durations.set(event.name, [event.dur / 1000]);
  }
  const times = new Array<number>(runs).fill(0);
  for (const list of durations.values()) {
    const each = Math.floor(list.length / runs);
    const regular = list.slice(list.length - each * runs);
    regular.forEach((ms, i) => times[Math.floor(i / each)] += ms);
  }
  if (!times.every((ms) => ms > 0)) {
    throw cannot(
      "time onnxruntime-web",
      "its profile has no GPU times of some runs",
      { kind: TypeError },
    );
  }
  return times;
}
