/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Makes tables of the class `sortable` sort by the heads of their columns, by a click or by keys. */
export function sortTables(): void {
  for (
    const table of document.querySelectorAll<HTMLTableElement>(".sortable")
  ) {
    const heads = table.tHead!.rows[0].cells;
    for (const head of heads) {
      if (head.textContent === "") continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sortBy(table, head));
    }
  }
}

/** Sorts by a column: numbers from the highest, texts from A; the other way around if it is sorted so already. */
function sortBy(table: HTMLTableElement, head: HTMLTableCellElement): void {
  const first = head.classList.contains("number") ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = head.ariaSort === first ? other : first;
  for (const one of table.tHead!.rows[0].cells) {
    one.removeAttribute("aria-sort");
  }
  head.setAttribute("aria-sort", order);
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({
    row,
    value: valueOf(row, head),
  }));
  const sign = order === "ascending" ? 1 : -1;
  rows.sort((a, b) => {
    if (a.value === undefined || b.value === undefined) { // unknown ones come last
      return Number(a.value === undefined) - Number(b.value === undefined);
    }
    return sign * compare(a.value, b.value);
  });
  body.append(...rows.map(({ row }) => row));
}

const { compare: compareTexts } = new Intl.Collator("en", { numeric: true });

function compare(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : compareTexts(String(a), String(b));
}

/** What a row has in a column: the number in `data-value`, else its text; `undefined` if there is nothing. */
function valueOf(
  row: HTMLTableRowElement,
  { cellIndex }: HTMLTableCellElement,
): number | string | undefined {
  const cell = row.cells[cellIndex];
  const { value } = cell?.dataset ?? {};
  if (value !== undefined) return value === "" ? undefined : Number(value);
  return cell?.textContent.trim() || undefined;
}
