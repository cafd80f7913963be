/** Numbers as Slurm's `--array=` has them: `1-3,7`. */
export function formatIds(ids: Iterable<number>): string {
  const ranges: [first: number, last: number][] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range && range[1] === id - 1) range[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([first, last]) =>
    first === last ? `${first}` : `${first}-${last}`
  ).join(",");
}

/** The shards, of so many, that have some of these parts. */
export function shardsOf(ids: Iterable<number>, shards: number): number[] {
  return [...new Set([...ids].map((id) => (id - 1) % shards + 1))];
}
