import { createHash } from "node:crypto";

const OPEN = "0".repeat(64);

/** The metadata that {@linkcode seal} fills in. */
export const UNSEALED = { sha256: OPEN } as const;

/**
 * Writes the SHA-256 of a safetensors file with the metadata {@linkcode UNSEALED} in place of its zeros, so that a change of
 * any byte is noticed.
 */
export function seal(bytes: Uint8Array): void {
  const at = placeOf(bytes)!;
  bytes.set(new TextEncoder().encode(digestOf(bytes)), at);
}

/** Whether a file is as it was sealed; also if it never was, as those of older versions. */
export function isIntact(bytes: Uint8Array): boolean {
  const at = placeOf(bytes);
  if (at === undefined) return true;
  const opened = bytes.slice();
  opened.set(new TextEncoder().encode(OPEN), at);
  const found = new TextDecoder().decode(bytes.subarray(at, at + OPEN.length));
  return found === digestOf(opened);
}

/** Where the digest is: in the header, whose length is in the first bytes. */
function placeOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const length = Math.min(view.getUint32(0, true), bytes.length - 8);
  const header = new TextDecoder("latin1").decode(
    bytes.subarray(8, 8 + length),
  );
  const found = header.match(/"sha256":"(?=.{64})/s);
  return found ? 8 + found.index! + found[0].length : undefined;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
