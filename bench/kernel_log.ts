/** A kernel's run on the GPU, as onnxruntime's profile tells it. */
interface KernelEvent {
  readonly cat: string;
  /** `node&operator&kernel`. */
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
}

let lines: string[] | undefined;

/**
 * From now on, keeps the lines of onnxruntime's profile from the console: its WebAssembly build prints the profile there
 * and nowhere else. Call it before onnxruntime is loaded, since it remembers the console's functions.
 */
export function watchConsole(): void {
  const { log } = console;
  console.log = (...data: unknown[]) => {
    if (lines && typeof data[0] === "string") lines.push(data[0]);
    else log(...data);
  };
}

/** Takes what a function prints. */
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
 * Milliseconds that the kernels of each run took on the GPU, from a profile of `runs` equal runs.
 *
 * The transpositions by which onnxruntime changes the layout at a model's borders are left out, in its favour: within a
 * network they fall away. So are kernels that ran once only, to lay out weights.
 *
 * @throws {TypeError} where no kernel ran on the GPU.
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
    throw new TypeError(
      `Cannot time onnxruntime-web as its profile must tell of kernels on the GPU: received ${durations.size} kernels`,
    );
  }
  return times;
}
