import type { Gpu } from "../gpu/gpu.ts";
import type { AdapterChoice } from "../gpu/request_device.ts";
import type { RunEvent } from "../run/run_context.ts";
import { eraseBar, type Progress, startProgress } from "./progress.ts";

/** How a {@linkcode Printer} prints. */
export interface PrinterOptions {
  /** Whether to print errors only. */
  readonly quiet: boolean;
  /** What was asked for: who asks for a software adapter need not be warned of it. */
  readonly device?: AdapterChoice;
  /** Whether notes are printed, `quiet` or not. Default: no. */
  readonly notes?: boolean;
}

/** Prints what jobs tell: what is found on standard output, all else on standard error. */
export class Printer {
  /** What stands before a slide's name while it is worked on. */
  label = "";
  readonly #options: PrinterOptions;
  #progress: Progress | undefined;

  /** Prints nothing yet. */
  constructor(options: PrinterOptions) {
    this.#options = options;
  }

  /** Prints a line on standard error; a bar that is shown makes way. */
  warn(text: string): void {
    eraseBar();
    console.error(`tilewise: ${text}`);
  }

  /** Prints what all jobs tell. */
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
        return tellDevice(event.gpu, {
          precision: event.precision,
          device: this.#options.device,
        });
      case "memory":
        eraseBar();
        return console.log(event.text);
      case "tiles":
        return this.#start(this.label + event.slide, event.tiles);
      case "tuned":
        if (!this.#progress) this.#start("tuning", event.total, "shapes");
        return this.#progress!.step();
      case "tile":
        return this.#progress?.step();
    }
  }

  #start(name: string, tiles: number, unit?: string): void {
    this.#progress = startProgress({ name, tiles, unit, quiet: false });
  }
}

/**
 * Says what a run computes on, and warns of a software adapter: it is slow, and if there is a GPU, its driver is missing.
 */
function tellDevice(
  { about }: Pick<Gpu, "about">,
  { precision, device }: {
    readonly precision: string;
    readonly device?: AdapterChoice;
  },
): void {
  const { name, vendor, driver, backend, software } = about;
  const maker = vendor && !name.toLowerCase().includes(vendor.toLowerCase())
    ? ` (${vendor})`
    : "";
  console.error(
    `Device: ${name}${maker}, driver ${
      driver ?? "not told by WebGPU"
    }, backend ${backend}, precision ${precision}`,
  );
  if (!software || device === "software") return;
  console.error(
    "tilewise: warning: this is a software adapter, many times slower than a GPU; where there is one, install its driver " +
      "(NVIDIA's, or Debian, Ubuntu: apt-get install mesa-vulkan-drivers), or see what --device high-performance says",
  );
}
