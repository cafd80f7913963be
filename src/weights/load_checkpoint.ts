import { readCheckpoint } from "./read_checkpoint.ts";
import type { StateDict } from "./tensor_data.ts";

/** How {@linkcode loadCheckpoint} loads. */
export interface LoadCheckpointOptions {
  /** Ends the load early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Loads a checkpoint from a path or a `file:` URL (in Deno), a Blob or File, or bytes: see {@linkcode readCheckpoint} for
 * what it reads and refuses. Errors name the file.
 *
 * @throws {Error} where the file cannot be read, with the reason as `cause`.
 * @throws {TypeError} where the file is no checkpoint, or the URL is not `file:`.
 * @throws {SyntaxError} where the file is broken.
 * @throws {RangeError} where its tensors make no sense.
 *
 * @example
 * ```ts
 * import { loadCheckpoint, writeSafetensors } from "@tilewise/tilewise";
 *
 * const bias = { shape: [2], dtype: "u8", data: new Uint8Array([1, 2]) } as const;
 * const file = new Blob([writeSafetensors(new Map([["bias", bias]]))]);
 * console.assert((await loadCheckpoint(file)).has("bias"));
 * ```
 */
export async function loadCheckpoint(
  source: string | URL | Blob | Uint8Array,
  options: LoadCheckpointOptions = {},
): Promise<StateDict> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return readCheckpoint(source);
  if (source instanceof Blob) {
    const bytes = new Uint8Array(await source.arrayBuffer());
    signal?.throwIfAborted();
    return readCheckpoint(
      bytes,
      source instanceof File ? { name: source.name } : {},
    );
  }
  if (source instanceof URL && source.protocol !== "file:") {
    throw new TypeError(
      `Cannot load checkpoint as its URL must be a file: URL: received ${source.href}`,
    );
  }
  const path = source instanceof URL ? source.pathname : source;
  const name = path.split(/[\\/]/).at(-1) || path;
  return readCheckpoint(await readFile(source, { path, signal }), { name });
}

async function readFile(
  source: string | URL,
  options: { readonly path: string; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  try {
    return await Deno.readFile(source, { signal: options.signal });
  } catch (cause) {
    options.signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Cannot load checkpoint as the file must be readable: received ${
        JSON.stringify(options.path)
      } (${reason.split("\n")[0]})`,
      { cause },
    );
  }
}
