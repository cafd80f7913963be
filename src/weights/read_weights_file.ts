import { cannot, reasonOf } from "../errors/cannot.ts";
import { findWeights } from "./find_tensors.ts";

/** The bytes of a checkpoint. */
export interface WeightsFile {
  readonly bytes: Uint8Array;
  /** The file's name, if it has one. */
  readonly name?: string;
}

/**
 * Reads the bytes of a checkpoint from a path or a `file:` URL (Deno only), a Blob or File, or bytes.
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
    // Before it is opened: opening a pipe would wait for its writer.
    const { isFile, isDirectory } = await Deno.stat(path);
    if (!isFile) {
      throw new TypeError(
        isDirectory ? "it is a directory" : "it is not a regular file",
      );
    }
    return { bytes: await Deno.readFile(path, { signal }), name };
  } catch (cause) {
    signal?.throwIfAborted();
    throw cannot(
      `load checkpoint ${JSON.stringify(String(source))}`,
      reasonOf(cause),
      { kind: Error, cause },
    );
  }
}
