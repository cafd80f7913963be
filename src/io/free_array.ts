/**
 * Frees the memory of a large array now: the garbage collector counts objects, not megabytes, and waits. The array's
 * buffer must not be used again. Does nothing if the runtime cannot do it.
 */
export function freeArray({ buffer }: Uint8Array): void {
  freeBuffer(buffer);
}

/** Frees the memory of a large buffer now, as {@linkcode freeArray} does. */
export function freeBuffer(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer?.(0);
}
