/** Throws a `RangeError` unless width and height are positive integers. */
export function expectSize(
  action: string,
  size: { readonly width: number; readonly height: number },
): void {
  for (const name of ["width", "height"] as const) {
    const value = size[name];
    if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff) {
      throw new RangeError(
        `Cannot ${action} as its ${name} must be a positive integer: received ${value}`,
      );
    }
  }
}
