/** Limits of texts, tables and outlines, for `limits.ts`. */
import { limit } from "./limit.ts";

export const MAX_TEXT_BYTES: number = limit(
  "MAX_TEXT_BYTES",
  2 ** 29 - 24,
  "bytes of a text file, uncompressed",
  "the longest string that V8 can make; also stops files that expand a thousandfold, and endless devices",
);

export const MAX_CSV_RECORD: number = limit(
  "MAX_CSV_RECORD",
  2 ** 26,
  "characters of a CSV record",
  "the run-length code of a slide with five million runs, which take 80 MB",
);

export const MAX_CSV_FIELDS: number = limit(
  "MAX_CSV_FIELDS",
  2 ** 16,
  "fields of a CSV record",
  "an empty field is one character, but takes much more memory; tables have tens",
);

export const MAX_GEOJSON_FEATURE: number = limit(
  "MAX_GEOJSON_FEATURE",
  2 ** 24,
  "characters of a GeoJSON feature",
  "about a million points; a feature is parsed as a whole, which takes up to 40 times its length",
);

export const MAX_GEOJSON_DEPTH: number = limit(
  "MAX_GEOJSON_DEPTH",
  64,
  "nested objects and arrays in GeoJSON",
  "a multipolygon takes 8, a collection 2 more; some thousands would overflow the stack",
);

export const MAX_GEOJSON_POINTS: number = limit(
  "MAX_GEOJSON_POINTS",
  2 ** 24,
  "points of the polygons in a GeoJSON file",
  "they take 16 bytes each: 256 MiB",
);

export const MAX_GEOJSON_RINGS: number = limit(
  "MAX_GEOJSON_RINGS",
  2 ** 20,
  "rings of the polygons in a GeoJSON file",
  "they take about 300 bytes each besides their points: 300 MB",
);

export const MAX_VIEW_BYTES: number = limit(
  "MAX_VIEW_BYTES",
  2 ** 28,
  "bytes of GeoJSON that view shows",
  "a page cannot draw more outlines",
);

export const MAX_SUMMARY_BYTES: number = limit(
  "MAX_SUMMARY_BYTES",
  2 ** 22,
  "bytes of a summary in a folder of results",
  "summaries take some kilobytes; a larger file of that name is something else",
);

export const MAX_CHANGES_BYTES: number = limit(
  "MAX_CHANGES_BYTES",
  2 ** 23,
  "bytes of the changes of objects that a page sends at once",
  "half a million points; a page sends more one after the other",
);
