import { escapeControls } from "./byte_reader.ts";
import { findTensors } from "./find_tensors.ts";
import { normalizeKeys } from "./match_state_dict.ts";
import {
  readSafetensors,
  readSafetensorsMetadata,
} from "./read_safetensors.ts";
import { readTorchLegacy, readTorchZip, type TorchFile } from "./read_torch.ts";
import type { StateDict } from "./tensor_data.ts";
import { materializeTensor } from "./torch_tensor.ts";

const signatures: readonly [string, string][] = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["II*\0", "a TIFF image"],
  ["MM\0*", "a TIFF image"],
  ["II+\0", "a BigTIFF image"],
  ["MM\0+", "a BigTIFF image"],
  ["\x93NUMPY", "a NumPy array"],
  ["7z\xbc\xaf\x27\x1c", "a 7-Zip archive"],
  ["\x1f\x8b", "a gzip archive"],
  ["\x89HDF", "an HDF5 file"],
  ["%PDF", "a PDF document"],
  ["GGUF", "a GGUF file"],
];

/** Describes a file that is not a checkpoint, from its first bytes. */
export function describeFile(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const head = String.fromCharCode(...bytes.subarray(0, 512));
  const found = signatures.find(([start]) => head.startsWith(start));
  if (found) return found[1];
  if (head.slice(257, 262) === "ustar") return "a tar archive";
  // deno-lint-ignore no-control-regex -- control characters are what tells text from data
  if (!/[\x00-\x08\x0e-\x1f]/.test(head)) {
    return `text (${
      JSON.stringify(head.slice(0, 20).replace(/[\x7f-\xff]/g, "?"))
    }…)`;
  }
  const hex = [...bytes.subarray(0, 8)].map((byte) =>
    byte.toString(16).padStart(2, "0")
  );
  return `${bytes.length} bytes beginning ${hex.join(" ")}`;
}

/** Options for {@linkcode readCheckpoint}. */
export interface ReadCheckpointOptions {
  /** The file's name, for errors. */
  readonly name?: string;
}

/**
 * Reads the tensors of a checkpoint: safetensors, or PyTorch's `.pth`/`.pt` in the zip or the legacy format, recognized
 * by content. Nested state dicts (`state_dict`, `model`, …) are unwrapped, what is not a tensor is dropped, and keys
 * come as {@linkcode normalizeKeys} leaves them. A pickle can build only tensors and plain data: any other global is
 * refused by name, and nothing is run.
 *
 * Tensors are views of `bytes` if they are contiguous there.
 *
 * @throws {TypeError} If the file is not a checkpoint, names another global, or holds no tensors.
 * @throws {SyntaxError} If the file is broken or cut short.
 * @throws {RangeError} If tensors exceed their storages or reasonable sizes.
 *
 * @example
 * ```ts
 * import { readCheckpoint, writeSafetensors } from "@tilewise/tilewise/weights";
 *
 * const bias = { shape: [2], dtype: "u8", data: new Uint8Array([1, 2]) } as const;
 * const tensors = readCheckpoint(writeSafetensors(new Map([["module.bias", bias]])));
 * console.assert(tensors.has("bias"));
 * ```
 */
export function readCheckpoint(
  bytes: Uint8Array,
  options: ReadCheckpointOptions = {},
): StateDict {
  const suffix = options.name === undefined
    ? ""
    : ` ${escapeControls(options.name)}`;
  if (looksLikeSafetensors(bytes)) {
    const tensors = normalizeKeys(readNamed(bytes, suffix));
    if (tensors.size > 0) return tensors;
    throw new TypeError(
      `Cannot read safetensors file${suffix} as it must hold tensors: received none`,
    );
  }
  const subject = `PyTorch checkpoint${suffix}`;
  const { value, source } = readTorch(bytes, { subject, suffix });
  const tensors = normalizeKeys(findTensors(value, subject));
  return new Map(
    [...tensors].map((
      [key, tensor],
    ) => [key, materializeTensor(tensor, { key, source })]),
  );
}

/** The metadata of a checkpoint; empty for PyTorch's formats, which have none. */
export function readCheckpointMetadata(
  bytes: Uint8Array,
): Readonly<Record<string, string>> {
  return looksLikeSafetensors(bytes) ? readSafetensorsMetadata(bytes) : {};
}

/** The safetensors reader does not know the file's name; its errors get it here. */
function readNamed(bytes: Uint8Array, suffix: string): StateDict {
  try {
    return readSafetensors(bytes);
  } catch (error) {
    if (suffix === "" || !(error instanceof Error)) throw error;
    const message = error.message.replace(
      "safetensors file",
      `safetensors file${suffix}`,
    );
    const Kind = error.constructor as ErrorConstructor;
    throw new Kind(message, { cause: error });
  }
}

function readTorch(
  bytes: Uint8Array,
  options: { readonly subject: string; readonly suffix: string },
): TorchFile {
  const { subject, suffix } = options;
  const [first, second] = bytes;
  if (first === 0x50 && second === 0x4b) return readTorchZip(bytes, subject);
  // Pickles of protocol 1 and later open with PROTO, older ones that matter with a GLOBAL of two lines: both are run
  // so that what they would have called is refused by name.
  const head = String.fromCharCode(...bytes.subarray(0, 256));
  if (first === 0x80 || /^c[\w.]+\n[\w.]+\n[(pqr)\x94]/.test(head)) {
    return readTorchLegacy(bytes, subject);
  }
  throw new TypeError(
    `Cannot read checkpoint${suffix} as it must be safetensors or PyTorch's .pth: received ${
      describeFile(bytes)
    }`,
  );
}

/** A header length below 2^40, then the header's brace. */
function looksLikeSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes[5] === 0 && bytes[6] === 0 &&
    bytes[7] === 0;
}
