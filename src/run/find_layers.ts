import type { OpenViewOptions } from "../view/open_view.ts";
import { slideName } from "./slide_name.ts";

/**
 * The files in a folder of results that a page shows over a slide: mask, probability map and objects, as `openView()` takes
 * them. Deno only.
 *
 * @param source The slide's path or URL.
 * @throws {Error} If the folder has none of them.
 */
export async function findLayers(
  folder: string,
  source: string,
): Promise<Pick<OpenViewOptions, "mask" | "probability" | "geojson">> {
  const name = slideName(source);
  const candidates = Object.entries({
    mask: `${folder}/${name}.mask.tif`,
    probability: `${folder}/${name}.probability.tif`,
    geojson: `${folder}/${name}.geojson`,
  });
  const there = await Promise.all(
    candidates.map(([, path]) => Deno.stat(path).then(() => true, () => false)),
  );
  const found = candidates.filter((_, i) => there[i]);
  if (found.length > 0) return Object.fromEntries(found);
  throw new Error(
    `Cannot find results of ${name} as the folder has none: received ${folder}`,
  );
}
