/** How a use of a file fails. */
export type FileFault =
  /** Once, as damaged media do. */
  | "EIO"
  /** This and all further calls, as on a disk that was taken away. */
  | "gone"
  /** Once, as a virus scanner's lock or a lost permission does. */
  | "EACCES"
  /** This and all further calls that need room; half of the data is written first. */
  | "ENOSPC"
  /** It reads or writes a part, as it may. */
  | "short";

/** All of them. */
export const FILE_FAULTS: readonly FileFault[] = [
  ...["EIO", "gone", "EACCES", "ENOSPC", "short"] as const,
];

/** Whether all further calls fail too. */
export function isLasting(fault: FileFault): boolean {
  return fault === "gone" || fault === "ENOSPC";
}

/** Calls by path that are counted. `close` is not among them: Deno's cannot fail. */
const CALLS = [
  ...["open", "stat", "lstat", "rename", "remove", "mkdir"],
  ...["readFile", "readTextFile", "writeFile", "readDir"],
] as const;
const FILE_CALLS = [
  ...["read", "readSync", "write", "seek", "seekSync", "stat", "sync"],
  ...["syncData", "truncate", "tryLock"],
] as const;

const NEEDS_ROOM = ["create", "mkdir", "rename", "writeFile", "write"];
const BY_PATH: readonly string[] = CALLS;
const SYNCHRONOUS = ["readSync", "seekSync"];

// deno-lint-ignore no-explicit-any -- methods are replaced whatever their types
type Methods = Record<string, (...args: any[]) => any>;

/** Makes the n-th use of files in a folder fail, until it is disposed of. */
export class FaultyFiles implements Disposable {
  /** Calls so far that the fault may meet. */
  calls = 0;
  /** The call that failed, and its file. */
  failed: string | undefined;
  /** Files that are open. */
  open = 0;
  readonly #folder: string;
  readonly #fault: FileFault;
  readonly #at: number;
  readonly #before = { ...Deno };
  #over = false;

  /**
   * @param folder The folder; other files are left alone.
   * @param options.at The call that fails, from 0; `Infinity` only counts.
   */
  constructor(
    folder: string,
    { fault, at }: { readonly fault: FileFault; readonly at: number },
  ) {
    this.#folder = folder;
    this.#fault = fault;
    this.#at = at;
    const calls = Deno as unknown as Methods;
    for (const name of CALLS) {
      const call = calls[name];
      calls[name] = (path: string | URL, ...rest) => {
        const place = String(path);
        if (!place.includes(this.#folder)) return call(path, ...rest);
        const isNew = name === "open" && rest[0]?.write;
        const result = this.#try(isNew ? "create" : name, place, {
          work: () => call(path, ...rest),
        });
        return name !== "open"
          ? result
          : result.then((file: Deno.FsFile) => this.#wrap(file, place));
      };
    }
  }

  /** Gives `Deno` back. */
  [Symbol.dispose](): void {
    this.#over = true;
    for (const name of CALLS) {
      Object.assign(Deno, { [name]: this.#before[name] });
    }
  }

  /** Does the work, or fails in its place. */
  #try(
    name: string,
    place: string,
    { work, half = work }: {
      // deno-lint-ignore no-explicit-any -- whatever the call returns
      readonly work: () => any;
      // deno-lint-ignore no-explicit-any -- whatever the call returns
      readonly half?: () => any;
    },
    // deno-lint-ignore no-explicit-any -- whatever the call returns
  ): any {
    if (this.#over || !this.#meets(name)) return work();
    const at = this.calls++;
    if (at < this.#at || (at > this.#at && !isLasting(this.#fault))) {
      return work();
    }
    const first = at === this.#at;
    if (first) {
      const file = place.slice(place.lastIndexOf("/") + 1);
      this.failed = `${name} ${file.replace(/\.[0-9a-f]{8}-\d+\.part$/, "")}`;
    }
    if (this.#fault === "short") return half();
    const error = errorOf(this.#fault, name);
    if (SYNCHRONOUS.includes(name)) throw error;
    if (name === "readDir") return failing(error);
    return (async () => {
      if (first && name === "write" && this.#fault === "ENOSPC") {
        return await half();
      }
      throw await error;
    })();
  }

  #meets(name: string): boolean {
    switch (this.#fault) {
      case "EACCES":
        return name === "create" || BY_PATH.includes(name);
      case "ENOSPC":
        return NEEDS_ROOM.includes(name);
      case "short":
        return ["read", "readSync", "write"].includes(name);
      default:
        return true;
    }
  }

  #wrap(file: Deno.FsFile, place: string): Deno.FsFile {
    this.open++;
    const methods = file as unknown as Methods;
    for (const name of FILE_CALLS) {
      const call = methods[name].bind(file);
      methods[name] = (...args) =>
        this.#try(name, place, {
          work: () => call(...args),
          half: () => call(args[0].subarray(0, Math.ceil(args[0].length / 2))),
        });
    }
    let closed = false;
    const close = file.close.bind(file);
    const closeOnce = () => {
      if (closed) return;
      closed = true;
      this.open--;
      close();
    };
    file.close = file[Symbol.dispose] = closeOnce;
    const pull = async (
      controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
    ) => {
      const bytes = new Uint8Array(1 << 16);
      const count = await file.read(bytes).catch((error) => {
        closeOnce();
        throw error;
      });
      if (count !== null) return controller.enqueue(bytes.slice(0, count));
      closeOnce();
      controller.close();
    };
    Object.defineProperty(file, "readable", {
      get: () => new ReadableStream({ pull, cancel: closeOnce }),
    });
    return file;
  }
}

// deno-lint-ignore require-yield -- it has nothing to give
async function* failing(error: Error): AsyncGenerator<Deno.DirEntry> {
  throw await error;
}

function errorOf(fault: FileFault, name: string): Error {
  if (fault === "EACCES") {
    const text = `Permission denied (os error 13), ${name}`;
    return new Deno.errors.PermissionDenied(text);
  }
  return new Error(
    fault === "ENOSPC"
      ? "No space left on device (os error 28)"
      : "Input/output error (os error 5)",
  );
}
