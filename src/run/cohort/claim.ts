import { dirname, join } from "node:path";
import {
  AtomicFile,
  processToken,
  temporaryEnding,
} from "../../io/atomic_file.ts";
import { isMissing } from "../../io/is_absent.ts";

/** What a claim says: whose it is, and a counter that goes up while its owner lives. */
interface ClaimRecord {
  readonly owner: string;
  readonly host?: string;
  readonly beat: number;
}

/**
 * The claim of a process to a part, by a file `NAME.ATTEMPT.claim`. It only saves work: two processes with the same claim
 * would compute the same. The counter is written until the claim is disposed of.
 */
export class Claim implements AsyncDisposable {
  readonly #path: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #beat = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, record: ClaimRecord, interval: number) {
    this.#path = path;
    this.#timer = setInterval(() => {
      const next = { ...record, beat: ++this.#beat };
      this.#writing = AtomicFile.replace(path, JSON.stringify(next))
        .catch(() => {}); // others take it over: it only costs their time
    }, interval);
    Deno.unrefTimer(this.#timer);
  }

  /**
   * Tries to be the first with a claim of this path: `link()` creates a name or fails, on network file systems too.
   *
   * @returns `undefined` if another process was first.
   */
  static async try(
    path: string,
    { host, interval }: { readonly host?: string; readonly interval: number },
  ): Promise<Claim | undefined> {
    const record = { owner: processToken, host, beat: 0 };
    const own = join(dirname(path), `.claim.${temporaryEnding()}`);
    await Deno.writeTextFile(own, JSON.stringify(record));
    try {
      // Its answer may be lost on the way; the number of names is not.
      await Deno.link(own, path).catch(() => {});
      const { nlink } = await Deno.stat(own);
      return nlink === 2 ? new Claim(path, record, interval) : undefined;
    } finally {
      await Deno.remove(own).catch(() => {});
    }
  }

  /** Gives the claim up. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await Deno.remove(this.#path).catch(() => {});
  }
}

/** What a claim says at the moment, to be compared with what it says later; `undefined` if it is not there. */
export async function sightOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path); // opening it asks the server again
  } catch (error) {
    return isMissing(error) ? undefined : "unreadable";
  }
}
