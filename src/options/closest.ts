/**
 * The candidate that a mistyped word most likely means; `undefined` where none is near: one that begins with the word, or
 * that is a typo away for every three of its letters.
 */
export function closest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const given = word.toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const begins = given.length > 2 && known.startsWith(given);
    const typos = Math.min(distance(given, known), begins ? 0.5 : Infinity);
    const most = Math.max(given.length, known.length) / 3;
    if (typos > most || typos >= least) continue;
    best = candidate;
    least = typos;
  }
  return best;
}

/**
 * How many letters have to be added, left out, replaced or swapped with the next one to make `b` of `a`.
 *
 * Source: the optimal string alignment distance, after Damerau, "A technique for computer detection and correction of
 * spelling errors", 1964.
 */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        next[j] = Math.min(next[j], before[j - 2] + 1);
      }
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}
