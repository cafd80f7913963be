/**
 * Limits for text files, so that reading a file of unknown origin takes less than a gigabyte of memory and comes to an end.
 * Real files stay well below; a file that exceeds a limit is refused with an error that names the limit.
 *
 * @module
 */

/**
 * Bytes of a text file, uncompressed: 512 MiB, the longest string that V8 can make. It also stops compressed files that
 * expand a thousandfold, and endless devices.
 */
export const MAX_TEXT_BYTES = 2 ** 29 - 24;

/** Characters of a CSV record, such as the run-length code of a slide: about five million runs, which take 80 MB. */
export const MAX_CSV_RECORD = 2 ** 26;

/** Fields of a CSV record: an empty field is one character, but takes much more memory. */
export const MAX_CSV_FIELDS = 2 ** 16;

/**
 * Characters of a GeoJSON feature: about a million points. A feature is parsed as a whole, which takes up to 40 times its
 * length (`{},{},…`).
 */
export const MAX_GEOJSON_FEATURE = 2 ** 24;

/**
 * Nesting of objects and arrays in GeoJSON. A multipolygon in a FeatureCollection has 8 levels, and each GeometryCollection
 * adds 2; some thousands would overflow the stack.
 */
export const MAX_GEOJSON_DEPTH = 64;

/** Points of the polygons in a GeoJSON file, which take 16 bytes each: 256 MiB. */
export const MAX_GEOJSON_POINTS = 2 ** 24;

/** Rings of the polygons in a GeoJSON file, which take about 300 bytes each besides their points. */
export const MAX_GEOJSON_RINGS = 2 ** 20;
