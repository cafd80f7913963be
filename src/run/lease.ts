import { cannot, explained } from "../errors/cannot.ts";
import { processToken, writeAll } from "../io/atomic_file.ts";
import { isMissing } from "../io/is_absent.ts";

/** Who holds a lease. */
export interface LeaseRecord {
  /** The run's id. */
  readonly run: string;
  /** The machine's name, if it may be known. */
  readonly host?: string;
  /** The process. */
  readonly pid: number;
  /** What the process's temporary files have in their names. */
  readonly token: string;
  /** When the lease was taken, as ISO 8601. */
  readonly since: string;
  /** Counts up while the owner lives. */
  readonly beat: number;
}

/** Options for {@linkcode Lease.take}. */
export interface LeaseOptions {
  /** What is to be done, for the error: `write results of "kidney"`. */
  readonly action: string;
  /** The run's id. */
  readonly run: string;
  /** The machine's name, if it may be known. */
  readonly host?: string;
  /** Stops waiting, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds between beats; an owner on another machine is dead after four. Default: 5000. */
  readonly interval?: number;
  /** Whether to wait while another process holds it, rather than throw. Default: false. */
  readonly wait?: boolean;
  /** Cleans up after an owner that was killed. It stays the owner until this is done, in case this process is killed, too. */
  readonly onKilled?: (previous: LeaseRecord) => Promise<void>;
}

/**
 * The exclusive use of a file name, by a lock file beside it, until it is disposed of or the process ends. The operating
 * system's lock tells on one machine whether the owner lives, however it ended. On file systems that machines share, where
 * such locks may not reach other machines, the owner counts up in the file, and others watch, by their own clocks. Deno
 * only.
 */
export class Lease implements AsyncDisposable {
  /** The owner that ended without releasing it: a process that was killed. */
  readonly previous: LeaseRecord | undefined;
  /** Aborts when another process has taken the lease, as after this machine slept. */
  readonly lost: AbortSignal;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #timer: ReturnType<typeof setInterval>;
  #record: LeaseRecord;
  #released = false;

  private constructor(
    path: string,
    file: Deno.FsFile,
    { record, previous, interval }: {
      readonly record: LeaseRecord;
      readonly previous: LeaseRecord | undefined;
      readonly interval: number;
    },
  ) {
    this.#path = path;
    this.#file = file;
    this.#record = record;
    this.previous = previous;
    const lost = new AbortController();
    this.lost = lost.signal;
    this.#timer = setInterval(async () => {
      const reason = await this.#beat().catch(() => undefined);
      if (reason) lost.abort(reason);
    }, interval);
    Deno.unrefTimer(this.#timer); // it keeps no process alive
  }

  /**
   * Takes the lease.
   *
   * @param path The lock file.
   * @throws {Error} If a process that lives holds it, or the file cannot be written.
   */
  static async take(path: string, options: LeaseOptions): Promise<Lease> {
    try {
      return await Lease.#take(path, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw explained(error, options.action);
    }
  }

  static async #take(path: string, options: LeaseOptions): Promise<Lease> {
    const { run, host, interval = 5000, onKilled } = options;
    for (;;) {
      const { file, isNew } = await lockFile(path, options);
      try {
        const previous = await readRecord(file);
        if (previous && previous.host !== host) {
          await expectDead(file, { ...options, previous, interval });
          if (!await isAt(path, file)) { // it was released meanwhile
            file.close();
            continue;
          }
        }
        if (previous) await onKilled?.(previous);
        const record = {
          ...{ run, host, pid: Deno.pid, token: processToken },
          since: new Date().toISOString(),
          beat: 0,
        };
        await writeRecord(file, record);
        return new Lease(path, file, { record, previous, interval });
      } catch (error) {
        // One that was there tells the next run whose temporary files are left.
        if (isNew) await Deno.remove(path).catch(() => {});
        file.close();
        throw error;
      }
    }
  }

  async #beat(): Promise<Error | undefined> {
    if (this.#released) return undefined;
    const { run, token } = this.#record;
    const now = await readRecord(this.#file);
    if (now && (now.run !== run || now.token !== token)) {
      clearInterval(this.#timer);
      return cannot("go on", `${describe(now)} has taken over`);
    }
    this.#record = { ...this.#record, beat: this.#record.beat + 1 };
    if (!this.#released) await writeRecord(this.#file, this.#record);
  }

  /** Releases it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#timer);
    if (!this.lost.aborted) await Deno.remove(this.#path).catch(() => {});
    this.#file.close();
  }
}

/** Opens the lock file and locks it, as far as its file system has locks; `isNew` if nobody has written to it. */
async function lockFile(
  path: string,
  { action, signal, wait = false }: LeaseOptions,
): Promise<{ readonly file: Deno.FsFile; readonly isNew: boolean }> {
  for (;;) {
    signal?.throwIfAborted();
    const file = await Deno.open(path, {
      read: true,
      write: true,
      create: true,
    }).catch((cause) => {
      if (!isMissing(cause)) throw cause;
      const reason = "its folder was removed or renamed meanwhile";
      throw cannot(action, reason, { kind: Error, cause });
    });
    try {
      const locked = await file.tryLock(true).catch(() => true);
      if (!locked && !wait) {
        throw cannot(action, inUse(await readRecord(file)));
      }
      // Its last owner may have removed it after it was opened here.
      const { size } = await file.stat();
      if (locked && await isAt(path, file)) return { file, isNew: size === 0 };
      file.close();
    } catch (error) {
      await removeEmpty(path, file);
      file.close();
      throw error;
    }
    if (wait) await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** Whether an open file is the one that has this path. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const [{ ino }, there] = await Promise.all([
    file.stat(),
    Deno.stat(path).catch((error) => {
      if (!isMissing(error)) throw error;
    }),
  ]);
  return there?.ino === ino;
}

/** Removes a lock file in which nobody has written, as far as that can be told. */
async function removeEmpty(path: string, file: Deno.FsFile): Promise<void> {
  try {
    const locked = await file.tryLock(true);
    if (locked && (await file.stat()).size === 0) await Deno.remove(path);
  } catch {
    // the first error is the one to tell
  }
}

/** Watches the file for a while: the owner is on another machine, whose locks may not be seen here. */
async function expectDead(
  file: Deno.FsFile,
  { action, previous, interval, signal, wait }: LeaseOptions & {
    readonly previous: LeaseRecord;
    readonly interval: number;
  },
): Promise<void> {
  let last: LeaseRecord | undefined = previous;
  let end = performance.now() + 4 * interval;
  while (performance.now() < end) {
    signal?.throwIfAborted();
    await new Promise((resume) => setTimeout(resume, interval / 5));
    const now = await readRecord(file);
    if (now?.beat === last?.beat && now?.run === last?.run) continue;
    if (!wait) throw cannot(action, inUse(now));
    last = now;
    end = performance.now() + 4 * interval;
  }
}

function inUse(record: LeaseRecord | undefined): string {
  return `${
    describe(record)
  } is writing them; wait for it, or choose another output folder`;
}

function describe(record: LeaseRecord | undefined): string {
  if (!record) return "another process";
  const { run, host, pid, since } = record;
  return `run ${run} (process ${pid}${
    host ? ` on ${host}` : ""
  }, since ${since})`;
}

async function readRecord(
  file: Deno.FsFile,
): Promise<LeaseRecord | undefined> {
  const bytes = new Uint8Array(4096);
  let end = 0;
  await file.seek(0, Deno.SeekMode.Start);
  while (end < bytes.length) {
    const count = await file.read(bytes.subarray(end));
    if (count === null) break;
    end += count;
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  } catch {
    return undefined; // empty, or being written
  }
}

async function writeRecord(
  file: Deno.FsFile,
  record: LeaseRecord,
): Promise<void> {
  // Of one length, so that no write leaves a part of an older one.
  const text = JSON.stringify(record).padEnd(512);
  await file.seek(0, Deno.SeekMode.Start);
  await writeAll(file, new TextEncoder().encode(text));
  await file.syncData().catch(() => {});
}
