/** How a workgroup of 64 threads over planes is cut: threads a plane, a power of two, and planes. */
export function planeThreads(
  pixels: number,
): { readonly lanes: number; readonly rows: number } {
  let lanes = 1;
  while (lanes < pixels && lanes < 64) lanes *= 2;
  return { lanes, rows: 64 / lanes };
}
