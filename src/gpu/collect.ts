/** Bytes that no machine can address. */
const TOO_MANY = 2 ** 47;

/**
 * Collects garbage now. WebGPU cannot destroy pipelines: a driver keeps their code, megabytes each, until the garbage
 * collector finds that they are not in use, and it knows their small handles only, so that it might not come for hundreds
 * of them. V8 collects before it refuses an array for lack of memory, which takes 20 ms; elsewhere nothing happens.
 */
export function collect(): void {
  try {
    new ArrayBuffer(TOO_MANY);
  } catch {
    // as intended
  }
}
