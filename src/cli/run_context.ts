import project from "../../deno.json" with { type: "json" };
import type { Gpu } from "../gpu/gpu.ts";
import type { Producer, RunRecord } from "../masks/run_record.ts";

/** What is known of a run when it begins; its results name it. */
export class RunContext {
  /** Its id: when it began, and eight random digits. */
  readonly id: string;
  readonly #command: readonly string[];
  readonly #host: string | undefined;

  private constructor(command: readonly string[], host: string | undefined) {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    this.id = `${time}-${crypto.randomUUID().slice(0, 8)}`;
    this.#command = command.map(withoutKeys);
    this.#host = host;
  }

  /**
   * Begins a run. The machine's name is noted where that is allowed; nobody is asked for it.
   *
   * @param command The arguments, the command's name first.
   */
  static async begin(command: readonly string[]): Promise<RunContext> {
    const about = { name: "sys", kind: "hostname" } as const;
    const { state } = await Deno.permissions.query(about);
    const host = state === "granted" ? Deno.hostname() : undefined;
    return new RunContext(command, host);
  }

  /** What results say of where they come from. */
  get producer(): Producer {
    return { version: project.version, run: this.id };
  }

  /** The run as it is kept, of the work that ends now. */
  record(
    { start, device }: {
      /** When the work began. */
      readonly start: Date;
      /** What was computed on. */
      readonly device?: {
        readonly gpu: Pick<Gpu, "about">;
        readonly precision: string;
      };
    },
  ): RunRecord {
    return {
      id: this.id,
      version: project.version,
      runtime: `Deno ${Deno.version.deno}`,
      command: this.#command,
      ...(this.#host !== undefined && { host: this.#host }),
      platform: `${Deno.build.os} ${Deno.build.arch}`,
      ...(device && { device: deviceOf(device) }),
      start: start.toISOString(),
      end: new Date().toISOString(),
    };
  }
}

function deviceOf(
  { gpu: { about }, precision }: {
    readonly gpu: Pick<Gpu, "about">;
    readonly precision: string;
  },
): RunRecord["device"] {
  const { name, vendor, driver, backend, software } = about;
  return { adapter: name, vendor, driver, backend, software, precision };
}

/** A query, or what stands before a host, may hold keys. */
function withoutKeys(argument: string): string {
  return argument.replace(
    /(https?:\/\/)(?:[^\s/?#]*@)?([^\s?#]*)(?:[?#]\S*)?/gi,
    "$1$2",
  );
}
