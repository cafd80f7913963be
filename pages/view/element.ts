/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** The element with an id. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`Cannot find element "${id}"`);
  return found as T;
}
