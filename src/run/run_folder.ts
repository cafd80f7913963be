import { AtomicFile } from "../io/atomic_file.ts";
import { oneLine } from "./run_context.ts";

/** A file of a run, by its name. */
export type RunFiles = ReadonlyMap<string, Uint8Array>;

/** What {@linkcode AtomicFile} calls a file until it is whole. */
const HALF_WRITTEN = /^\..+\.[0-9a-f]{8}\.part$/;

/**
 * The folder of a training run. Files are written whole or not at all, in their order. What cannot be written, on a disk
 * that is full perhaps, stays in memory and is tried again with the next files, so that nothing is lost while the run lives.
 */
export class RunFolder {
  /** Where it is. */
  readonly path: string;
  readonly #waiting = new Map<string, Uint8Array>();
  #trouble = "";

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens a folder, and clears it of what a killed run left half written.
   *
   * @throws {Error} where it is none.
   */
  static async open(path: string): Promise<RunFolder> {
    try {
      for await (const { name } of Deno.readDir(path)) {
        if (HALF_WRITTEN.test(name)) await Deno.remove(`${path}/${name}`);
      }
    } catch (cause) {
      throw new Error(
        `Cannot keep the run as its folder must be one: received "${path}" (${
          (cause as Error).message
        })`,
        { cause },
      );
    }
    return new RunFolder(path);
  }

  /** Reads a file; `undefined` where there is none. */
  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await Deno.readFile(`${this.path}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Why files are still waiting to be written; empty where none is. */
  get trouble(): string {
    return this.#trouble;
  }

  /**
   * Writes files, and those that are still waiting before them; stops at the first that fails, because the later ones rely
   * on it.
   *
   * @returns what went wrong, once for each trouble; empty where nothing new did.
   */
  async write(files: RunFiles): Promise<string> {
    for (const [name, bytes] of files) {
      this.#waiting.delete(name); // to the end: order counts
      this.#waiting.set(name, bytes);
    }
    try {
      for (const [name, bytes] of [...this.#waiting]) {
        await using file = await AtomicFile.create(`${this.path}/${name}`);
        await file.write(bytes);
        await file.close();
        this.#waiting.delete(name);
      }
      this.#trouble = "";
      return "";
    } catch (error) {
      const trouble = oneLine(error);
      if (trouble === this.#trouble) return "";
      this.#trouble = trouble;
      return trouble;
    }
  }
}
