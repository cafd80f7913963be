/** The name that was most likely meant: equal except for case, or for a letter or two; `undefined` if there is none. */
export function closestName(
  name: string,
  names: Iterable<string>,
): string | undefined {
  const wanted = name.toLowerCase();
  let least = Math.max(1, Math.floor(wanted.length / 4)) + 1;
  let closest: string | undefined;
  for (const one of names) {
    const distance = edits(wanted, one.toLowerCase());
    if (distance < least) [least, closest] = [distance, one];
  }
  return closest;
}

/** Levenshtein's distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same));
    }
    row = next;
  }
  return row[b.length];
}
