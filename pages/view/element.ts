/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** The page's element of an id. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`Cannot find the page's element ${id}`);
  return found as T;
}
