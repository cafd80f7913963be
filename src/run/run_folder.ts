import { join } from "node:path";
import { cannot } from "../errors/cannot.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { bestEpoch, type EpochRecord } from "../train/train_event.ts";
import { readSafetensorsMetadata } from "../weights/read_safetensors.ts";
import { oneLine } from "./run_context.ts";

/** Files of a run, by name. */
export type RunFiles = ReadonlyMap<string, Uint8Array>;

/**
 * The folder of a training run. Files are replaced atomically, in order. Files that cannot be written, for example because
 * the disk is full, stay in memory and are tried again with the next files, so that nothing is lost during the run.
 */
export class RunFolder {
  readonly path: string;
  readonly #waiting = new Map<string, Uint8Array>();
  #trouble: unknown;

  /** The folder has to exist. */
  constructor(path: string) {
    this.path = path;
  }

  /** Reads a file; `undefined` if it does not exist. */
  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await Deno.readFile(join(this.path, name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Why files could not be written yet; empty if all are written. */
  get trouble(): string {
    return this.#trouble === undefined ? "" : oneLine(this.#trouble);
  }

  /** Throws the error that keeps files from being written, if any. */
  check(): void {
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  /**
   * Writes files, after those that are still waiting; stops at the first that fails, because the later ones rely on it.
   *
   * @returns the error, once; empty if there is no new one.
   */
  async write(files: RunFiles): Promise<string> {
    for (const [name, bytes] of files) {
      this.#waiting.delete(name); // the order counts
      this.#waiting.set(name, bytes);
    }
    try {
      for (const [name, bytes] of [...this.#waiting]) {
        await using file = await AtomicFile.create(join(this.path, name));
        await file.write(bytes);
        await file.close();
        this.#waiting.delete(name);
      }
      this.#trouble = undefined;
      return "";
    } catch (error) {
      const before = this.trouble;
      this.#trouble = error;
      return this.trouble === before ? "" : this.trouble;
    }
  }

  /**
   * Checks that the results of a run that continues are there, and of the epochs that its state names. Those of the next
   * epoch may be there already: the state is written last.
   *
   * @throws {Error} If one is missing, damaged, or of another epoch.
   */
  async expectResults(history: readonly EpochRecord[]): Promise<void> {
    if (history.length === 0) return;
    const next = history.length + 1;
    const best = bestEpoch(history)?.epoch;
    const expected = { best, last: history.length };
    for (const [kind, epoch] of Object.entries(expected)) {
      if (epoch === undefined) continue;
      const name = `${kind}.safetensors`;
      const bytes = await this.read(name);
      const found = bytes && epochOf(bytes);
      if (found === epoch || found === next) continue;
      const reason = !bytes
        ? "is missing"
        : found === undefined
        ? "is damaged"
        : `is of epoch ${found}`;
      throw cannot(
        `resume the run in "${this.path}"`,
        `${name} ${reason}, and should be of epoch ${epoch}; restore it, or train anew with another --out`,
      );
    }
  }
}

function epochOf(bytes: Uint8Array): number | undefined {
  try {
    return Number(readSafetensorsMetadata(bytes).epoch);
  } catch {
    return undefined;
  }
}
