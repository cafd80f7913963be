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
