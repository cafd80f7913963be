import { join } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { AtomicFile } from "../io/atomic_file.ts";
import { oneLine } from "./run_context.ts";

/** Files of a run, by name. */
export type RunFiles = ReadonlyMap<string, Uint8Array>;

/** The temporary names of {@linkcode AtomicFile}. */
const HALF_WRITTEN = /^\..+\.[0-9a-f]{8}\.part$/;

/**
 * The folder of a training run. Files are replaced atomically, in order. Files that cannot be written, for example because
 * the disk is full, stay in memory and are tried again with the next files, so that nothing is lost during the run.
 */
export class RunFolder {
  readonly path: string;
  readonly #waiting = new Map<string, Uint8Array>();
  #trouble: unknown;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens a folder, and removes the temporary files of a killed run.
   *
   * @throws {Error} If it is not a folder.
   */
  static async open(path: string): Promise<RunFolder> {
    try {
      for await (const { name } of Deno.readDir(path)) {
        if (HALF_WRITTEN.test(name)) await Deno.remove(join(path, name));
      }
    } catch (cause) {
      throw cannot(`open the run folder "${path}"`, reasonOf(cause), { cause });
    }
    return new RunFolder(path);
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
}
