import { findWeights } from "./find_tensors.ts";

/** The bytes of a checkpoint. */
export interface WeightsFile {
  /** All of it. */
  readonly bytes: Uint8Array;
  /** The file's name, if any. */
  readonly name?: string;
}

/**
 * Reads the bytes of a checkpoint from a path or a `file:` URL, also in a string (in Deno), a Blob or File, or bytes.
 *
 * @throws {Error} If the file cannot be read, with the reason as `cause`.
 * @throws {TypeError} If it is a URL other than `file:`.
 */
export async function readWeightsFile(
  source: string | URL | Blob | Uint8Array,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<WeightsFile> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return { bytes: source };
  if (source instanceof Blob) {
    const bytes = new Uint8Array(await source.arrayBuffer());
    signal?.throwIfAborted();
    return source instanceof File ? { bytes, name: source.name } : { bytes };
  }
  const { path, name } = findWeights(source);
  try {
    // Before it is opened: a pipe would wait for who writes to it.
    const { isFile, isDirectory } = await Deno.stat(path);
    if (!isFile) {
      throw new TypeError(
        isDirectory ? "it is a directory" : "it is not a regular file",
      );
    }
    return { bytes: await Deno.readFile(path, { signal }), name };
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot load checkpoint as the file must be readable: received ${
        JSON.stringify(String(source))
      } (${reason.split("\n")[0]})`,
      { cause },
    );
  }
}
