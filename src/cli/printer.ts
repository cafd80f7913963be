import type { AdapterDescription } from "../gpu/request_device.ts";
import { type OptionsOf, toggle } from "../options/option.ts";
import type { DeviceChoice } from "../predict/open_device.ts";
import type { RunEvent } from "../run/run_context.ts";
import { printError, printLine } from "./print.ts";
import { eraseBar, StepProgress } from "./progress.ts";

/** The end of help of commands over slides. */
export const EXIT_CODES =
  `Exit code: 0 if all slides are done, 1 if any failed for good, 2 if the command
line is invalid, 104 if another try may do (network, device lost, disk full),
130 after Ctrl-C, 143 after SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2.`;

/** The end of help of commands over cohorts. */
export const COHORT_EXIT_CODES =
  `Exit code: 0 if all is done, 1 if parts failed for good or are missing, 2 if the
command line is invalid, 104 if another try may do (network, device lost, disk
full), 130 after Ctrl-C, 143 after SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2.`;

/** Turns progress off. */
export const quietOption: OptionsOf<{ readonly quiet: boolean }> = {
  quiet: toggle({ help: "print errors only", affects: false }),
};

/** The slides of commands that take them as `infer` does. */
export const SLIDES = [
  "SLIDE...",
  "slides, folders, patterns or a CSV, as for infer; the name of a slide " +
  "minus the extension is the id of its labels",
] as const;

/** How a {@linkcode Printer} prints. */
export interface PrinterOptions {
  /** Whether to print errors only. */
  readonly quiet: boolean;
  /** The adapter that the user chose: a chosen software adapter needs no warning. */
  readonly device?: DeviceChoice;
  /** Whether notes are printed even if `quiet`. Default: false. */
  readonly notes?: boolean;
}

/** Prints the events of jobs: results on standard output, all else on standard error. */
export class Printer {
  /** Prefix of a slide's name while it is processed. */
  label = "";
  readonly #options: PrinterOptions;
  #progress: StepProgress | undefined;

  /** Prints nothing yet. */
  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  /** Prints a line on standard error, above a bar. */
  warn(text: string): void {
    eraseBar();
    printError(`tilewise: ${text}`);
  }

  /** Prints an event that all jobs have. */
  async print(event: RunEvent): Promise<void> {
    const { quiet, notes = false } = this.#options;
    if (event.kind === "tiled") {
      await this.#progress?.stop();
      this.#progress = undefined;
    } else if (event.kind === "note" && (notes || !quiet)) {
      this.warn(event.slide ? `${event.slide}: ${event.text}` : event.text);
    }
    if (quiet) return;
    switch (event.kind) {
      case "notice":
        return this.warn(event.text);
      case "warning":
        return this.warn(
          `warning: ${event.slide ? `${event.slide}: ` : ""}${event.text}`,
        );
      case "device":
        return tellDevice(event.about, {
          precision: event.precision,
          device: this.#options.device,
        });
      case "memory":
        eraseBar();
        return printLine(event.text);
      case "tiles":
        this.#progress = new StepProgress({
          name: this.label + event.slide,
          total: event.tiles,
        });
        return;
      case "tuned":
        this.#progress ??= new StepProgress({
          name: "tuning",
          total: event.total,
          unit: "shapes",
        });
        return this.#progress.step();
      case "tile":
        return this.#progress?.step();
    }
  }
}

/** Prints the device, and warns of a software adapter: it is slow, and a GPU may lack its driver. */
function tellDevice(
  { name, vendor, driver, backend, software }: AdapterDescription,
  { precision, device }: {
    readonly precision: string;
    readonly device?: DeviceChoice;
  },
): void {
  const maker = vendor && !name.toLowerCase().includes(vendor.toLowerCase())
    ? ` (${vendor})`
    : "";
  printError(
    `Device: ${name}${maker}, driver ${
      driver ?? "unknown"
    }, backend ${backend}, precision ${precision}`,
  );
  if (!software || device === "software") return;
  printError(
    "tilewise: warning: this is a software adapter, many times slower than a GPU; if there is a GPU, install its driver " +
      "(NVIDIA's, or Debian, Ubuntu: apt-get install mesa-vulkan-drivers), or try --device high-performance; if there is none, " +
      "--device cpu is faster",
  );
}
