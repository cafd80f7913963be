/**
 * Gives the memory of a large array back now, rather than when it is collected: the collector counts objects, not their
 * megabytes, and waits. Nobody may use the array's buffer any more. Where the runtime cannot do it, nothing happens.
 */
export function freeArray({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer?.(0);
}
