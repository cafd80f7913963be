// All of Deno that the library itself uses, and only in Deno: when it is called with a path, or asked for a device. With these declared, `deno task check:browser`
// compiles the library against the browser's types and @webgpu/types.
declare namespace Deno {
  const build: { readonly os: string; readonly arch: string };
  const env: { get(variable: string): string | undefined };
  const permissions: {
    query(
      about: { name: "env"; variable: string },
    ): Promise<{ readonly state: string }>;
  };
  interface FileInfo {
    isFile: boolean;
    isDirectory: boolean;
    size: number;
    mtime: Date | null;
    dev: number;
    ino: number | null;
  }
  interface FsFile extends Disposable {
    read(buffer: Uint8Array): Promise<number | null>;
    readSync(buffer: Uint8Array): number | null;
    write(data: Uint8Array): Promise<number>;
    seek(offset: number, whence: number): Promise<number>;
    seekSync(offset: number, whence: number): number;
    stat(): Promise<FileInfo>;
    sync(): Promise<void>;
    readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
    close(): void;
  }
  const SeekMode: { readonly Start: number };
  function open(
    path: string | URL,
    options?: { read?: boolean; write?: boolean; createNew?: boolean },
  ): Promise<FsFile>;
  function stat(path: string | URL): Promise<FileInfo>;
  function rename(from: string, to: string): Promise<void>;
  function remove(
    path: string,
    options?: { recursive?: boolean },
  ): Promise<void>;
  function removeSync(path: string): void;
  function mkdir(path: string, options?: { recursive?: boolean }): Promise<void>;
  function writeFile(path: string, data: Uint8Array): Promise<void>;
  function readFile(
    path: string | URL,
    options: { signal?: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer>>;
  function readTextFile(
    path: string,
    options?: { signal?: AbortSignal },
  ): Promise<string>;
  function readDir(
    path: string | URL,
  ): AsyncIterable<{ name: string; isFile: boolean; isSymlink: boolean }>;
}

// Browsers have it, but TypeScript's types for them do not.
interface ErrorConstructor {
  captureStackTrace?(error: Error, caller: unknown): void;
}
