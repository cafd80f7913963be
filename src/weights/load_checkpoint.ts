import { readCheckpoint } from "./read_checkpoint.ts";
import { readWeightsFile } from "./read_weights_file.ts";
import type { StateDict } from "./tensor_data.ts";

/** Options for {@linkcode loadCheckpoint}. */
export interface LoadCheckpointOptions {
  /** Stops the load early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Loads a checkpoint from a path or a `file:` URL (Deno only), a Blob or File, or bytes. Formats are those of {@linkcode
 * readCheckpoint}. Errors name the file. For a checkpoint on a server, pass the bytes:
 * `await (await fetch(url)).bytes()`.
 *
 * @throws {Error} If the file cannot be read, with the reason as `cause`.
 * @throws {TypeError} If the file is not a checkpoint, or the URL is not a `file:` URL.
 * @throws {SyntaxError} If the file is damaged.
 * @throws {RangeError} If shapes and sizes of its tensors disagree.
 *
 * @example
 * ```ts
 * import { loadCheckpoint, writeSafetensors } from "@tilewise/tilewise/weights";
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
  const { bytes, name } = await readWeightsFile(source, options);
  return readCheckpoint(bytes, { name });
}
