import type { ViewObject } from "../../src/view/description.ts";

/** The objects of a slide from a position on, some thousands at a time. */
export async function fetchObjects(
  base: string,
  start = 0,
): Promise<ViewObject[]> {
  const found: ViewObject[] = [];
  while (true) {
    const from = start + found.length;
    const response = await fetch(`${base}objects.json?from=${from}`);
    const { objects, total }: { objects: ViewObject[]; total: number } =
      await response.json();
    found.push(...objects);
    if (objects.length === 0 || from + objects.length >= total) return found;
  }
}
