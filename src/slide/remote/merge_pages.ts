/** Pages in a row, the last one not included. */
export interface PageRun {
  readonly first: number;
  readonly end: number;
}

/**
 * Merges pages, in rising order, to runs that are fetched in one request each: neighbors, and such as are so near that
 * what lies between makes no more than a tenth of what is wanted.
 */
export function mergePages(
  pages: readonly number[],
  { most }: { readonly most: number },
): PageRun[] {
  const runs: { first: number; end: number }[] = [];
  let wanted = 0;
  for (const page of pages) {
    const run = runs.at(-1);
    const pagesInRun = run ? page + 1 - run.first : 0;
    if (
      run && pagesInRun <= most && (pagesInRun - wanted - 1) * 10 <= wanted + 1
    ) {
      run.end = page + 1;
      wanted++;
    } else {
      runs.push({ first: page, end: page + 1 });
      wanted = 1;
    }
  }
  return runs;
}
