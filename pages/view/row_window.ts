/// <reference lib="dom" />

/** Rows beyond those in sight, so that scrolling shows no gap. */
const BEYOND = 2;

/** The rows of a long list that are in sight, and a few more; `row` is the height of one in pixels. */
export function rowsInSight(
  { scrollTop, clientHeight }: HTMLElement,
  row: number,
): { readonly first: number; readonly last: number } {
  return {
    first: Math.max(0, Math.floor(scrollTop / row) - BEYOND),
    last: Math.ceil((scrollTop + clientHeight) / row) + BEYOND,
  };
}

/** Scrolls a list just so far that a row is in sight. */
export function revealRow(
  list: HTMLElement,
  { index, row }: { readonly index: number; readonly row: number },
): void {
  const [top, bottom] = [index * row, (index + 1) * row];
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) {
    list.scrollTop = bottom - list.clientHeight;
  }
}
