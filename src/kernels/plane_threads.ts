/** How a workgroup over planes is cut. */
export interface PlaneThreads {
  /** Threads along a plane. */
  readonly lanes: number;
  /** Planes. */
  readonly rows: number;
  /** Pixels of a plane. */
  readonly span: number;
}

/** Cuts a workgroup of 64 threads so that what a thread reads once for its plane serves several pixels. */
export function planeThreads(pixels: number): PlaneThreads {
  let lanes = 8;
  while (lanes * PIXELS < pixels && lanes < 64) lanes *= 2;
  return { lanes, rows: 64 / lanes, span: lanes * PIXELS };
}

const PIXELS = 8; // a thread
