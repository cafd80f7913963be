/** Elements of a tensor of that shape; a scalar is one. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}
