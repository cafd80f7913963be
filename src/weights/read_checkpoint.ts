import { cannot, reasonOf } from "../errors/cannot.ts";
import { describeValue } from "./byte_reader.ts";
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
  // deno-lint-ignore no-control-regex -- control characters tell data from text
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
  /** The file's name, for error messages. */
  readonly name?: string;
}

/**
 * Reads the tensors of a checkpoint: safetensors, or PyTorch's `.pth`/`.pt` in the zip or the legacy format, recognized
 * by content. Nested state dicts (`state_dict`, `model`, …) are unwrapped, other values are dropped, and keys are
 * normalized by {@linkcode normalizeKeys}. A pickle can build only tensors and plain data: any other global is refused
 * by name, and no code is run.
 *
 * Contiguous tensors are views of `bytes`.
 *
 * @throws {TypeError} If the file is not a checkpoint, names another global, or holds no tensors.
 * @throws {SyntaxError} If the file is damaged or incomplete.
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
    : ` ${describeValue(options.name)}`;
  if (looksLikeSafetensors(bytes)) {
    const tensors = normalizeKeys(readNamed(bytes, suffix));
    if (tensors.size > 0) return tensors;
    throw cannot(`read safetensors file${suffix}`, "it holds no tensors", {
      kind: TypeError,
    });
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

/** The metadata of a checkpoint. Empty for PyTorch's formats, which have none. */
export function readCheckpointMetadata(
  bytes: Uint8Array,
): Readonly<Record<string, string>> {
  return looksLikeSafetensors(bytes) ? readSafetensorsMetadata(bytes) : {};
}

/** Reads safetensors; errors name the file. */
function readNamed(bytes: Uint8Array, suffix: string): StateDict {
  try {
    return readSafetensors(bytes);
  } catch (cause) {
    throw cannot(`read safetensors file${suffix}`, reasonOf(cause), { cause });
  }
}

function readTorch(
  bytes: Uint8Array,
  options: { readonly subject: string; readonly suffix: string },
): TorchFile {
  const { subject, suffix } = options;
  const [first, second] = bytes;
  if (first === 0x50 && second === 0x4b) return readTorchZip(bytes, subject);
  // Pickles of protocol 2 and later begin with PROTO; of the older ones, those that matter begin with a GLOBAL of two
  // lines. Both are run, so that the globals that they name are refused by name.
  const head = String.fromCharCode(...bytes.subarray(0, 256));
  if (first === 0x80 || /^c[\w.]+\n[\w.]+\n[(pqr)\x94]/.test(head)) {
    return readTorchLegacy(bytes, subject);
  }
  throw cannot(
    `read checkpoint${suffix}`,
    `not a safetensors or PyTorch file, but ${describeFile(bytes)}`,
    { kind: TypeError },
  );
}

/** Whether a file begins with a header length below 2^40, then the header's brace. */
function looksLikeSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes[5] === 0 && bytes[6] === 0 &&
    bytes[7] === 0;
}
