/**
 * How a workgroup over planes is cut: so that what a thread reads once for its plane serves several pixels, and that its
 * neighbors read one line of memory after the other, as software adapters want it.
 */
export const planeThreads = {
  /** Threads along a plane. */
  lanes: 8,
  /** Planes. */
  rows: 8,
  /** Pixels of a plane. */
  span: 128,
} as const;
