import type { Format } from "./infer_options.ts";

/** What follows a slide's name in the names of its results. */
const SUFFIXES: { readonly [F in Format]: readonly string[] } = {
  rle: ["rle.csv"],
  tiff: ["mask.tif"],
  probability: ["probability.tif"],
  png: ["mask.png", "overlay.png"],
  geojson: ["geojson"],
  objects: ["objects.csv"],
  html: ["html"],
  json: ["json"],
};

/** The files that a run writes for a slide. */
export function resultFiles(
  name: string,
  { out, formats }: {
    readonly out: string;
    readonly formats: Iterable<Format>;
  },
): string[] {
  return [...formats].flatMap((format) =>
    SUFFIXES[format].map((suffix) => `${out}/${name}.${suffix}`)
  );
}

/** Whether a file is called as results are, and so is no slide. */
export function isResult(path: string): boolean {
  return Object.values(SUFFIXES).flat().some((suffix) =>
    path.toLowerCase().endsWith(`.${suffix}`)
  );
}
