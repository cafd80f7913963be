/** A run of pixels of one class: its start, its end (exclusive), and the number of its class. */
export type ClassRun = readonly [start: number, end: number, value: number];

/** The number of pixels that runs of two classes or more share. */
export function sharedLength(runs: readonly ClassRun[]): number {
  const edges = runs.flatMap(([start, end, value]) => [
    { at: start, step: 1, value },
    { at: end, step: -1, value },
  ]).sort((a, b) => a.at - b.at);
  const open = new Map<number, number>();
  let [classes, last, shared] = [0, 0, 0];
  for (const { at, step, value } of edges) {
    if (classes > 1) shared += at - last;
    const before = open.get(value) ?? 0;
    open.set(value, before + step);
    if (before === 0) classes++;
    if (before + step === 0) classes--;
    last = at;
  }
  return shared;
}

/** The number of pixels that runs cover together. */
export function coveredLength(runs: readonly ClassRun[]): number {
  let [covered, last] = [0, -Infinity];
  for (const [start, end] of runs.toSorted(([a], [b]) => a - b)) {
    covered += Math.max(0, end - Math.max(start, last));
    last = Math.max(last, end);
  }
  return covered;
}
