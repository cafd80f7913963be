/** A change of something that was changed since it was read. */
export class StaleError extends Error {
  override readonly name = "StaleError";
}

/** Changes that are sound but cannot be saved; they are not applied. */
export class UnsavedError extends Error {
  override readonly name = "UnsavedError";
}
