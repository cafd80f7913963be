/**
 * All limits that guard against files, servers and weights of unknown origin, so that reading them takes less than a
 * gigabyte of memory and comes to an end. Real files stay well below; what exceeds a limit is refused with an error that
 * names the limit. `tilewise inspect --limits` shows them.
 *
 * @module
 */

import { limit, LIMITS } from "./limit.ts";

export { type Limit, LIMITS } from "./limit.ts";
export * from "./weight_limits.ts";

// Text.

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

export const MAX_XML_LENGTH: number = limit(
  "MAX_XML_LENGTH",
  2 ** 26,
  "characters of XML in a slide, or bytes of its companion file",
  "XML with embedded pictures takes several megabytes",
);

export const MAX_XML_DEPTH: number = limit(
  "MAX_XML_DEPTH",
  200,
  "nested elements of XML",
  "vendors need about ten; some thousands would overflow the stack",
);

export const MAX_INI_BYTES: number = limit(
  "MAX_INI_BYTES",
  2 ** 20,
  "bytes of the text file that lists the parts of a slide",
  "they take some kilobytes",
);

export const MAX_PROPERTIES: number = limit(
  "MAX_PROPERTIES",
  1000,
  "properties of a slide",
  "vendors write tens; those after them are left out, with a warning",
);

export const MAX_PROPERTY_LENGTH: number = limit(
  "MAX_PROPERTY_LENGTH",
  4096,
  "characters of a slide's property",
  "texts take some hundreds; longer ones are cut, with an ellipsis: most hold pictures",
);

// Directories of TIFF.

export const MAX_TIFF_DIRECTORIES: number = limit(
  "MAX_TIFF_DIRECTORIES",
  4096,
  "directories of a TIFF, SubIFDs included",
  "slides have tens, z-stacks some hundreds; each takes a read",
);

export const MAX_TIFF_READ: number = limit(
  "MAX_TIFF_READ",
  2 ** 26,
  "bytes of a directory of a TIFF, or of a tag's text",
  "directories take kilobytes, texts with embedded pictures several megabytes",
);

export const MAX_TIFF_VALUES: number = limit(
  "MAX_TIFF_VALUES",
  2 ** 24,
  "values of a TIFF's tag",
  "the blocks of 256 px of a slide of a million px per side",
);

export const MAX_SCAN_AREAS: number = limit(
  "MAX_SCAN_AREAS",
  1024,
  "areas that a slide is scanned in",
  "a glass has tens; each is compared with the others",
);

// Pixels.

export const MAX_SIDE: number = limit(
  "MAX_SIDE",
  2 ** 24,
  "pixels per side of a slide or block",
  "four meters at 0.25 µm; areas and offsets stay exact integers",
);

export const MAX_BLOCK_BYTES: number = limit(
  "MAX_BLOCK_BYTES",
  2 ** 28,
  "bytes of a block, decoded: a tile, a compressed strip, or a whole PNG or JPEG",
  "a block is decoded as a whole, which takes up to 4 times as much; 89 million pixels of RGB",
);

export const MAX_ASSOCIATED_PIXELS: number = limit(
  "MAX_ASSOCIATED_PIXELS",
  2 ** 26,
  "pixels of a picture beside the slide: label, macro, thumbnail",
  "it is read whole, as 200 MB; macros of a glass have some millions",
);

export const MAX_REGION_BYTES: number = limit(
  "MAX_REGION_BYTES",
  2 ** 31 - 1,
  "bytes of RGB that a region may have",
  "the caller chooses regions, not the file; runtimes have no larger arrays everywhere",
);

export const MAX_TILE_BYTES: number = limit(
  "MAX_TILE_BYTES",
  2 ** 30,
  "bytes of RGB that are read for a tile",
  "a tile at a scale that its slide has no level for",
);

// Ratios of compression.

export const MAX_DEFLATE_RATIO: number = limit(
  "MAX_DEFLATE_RATIO",
  1040,
  "bytes that a byte of deflate can expand to",
  "the format allows 1032; what claims more is cut short, and is refused before memory is taken",
);

export const MAX_LZW_RATIO: number = limit(
  "MAX_LZW_RATIO",
  4096,
  "bytes that a byte of LZW can expand to",
  "a code of 9 to 12 bits stands for at most 4095 bytes",
);

export const MAX_PACKBITS_RATIO: number = limit(
  "MAX_PACKBITS_RATIO",
  64,
  "bytes that a byte of PackBits can expand to",
  "two bytes stand for at most 128",
);

export const MAX_JPEG_SCANS: number = limit(
  "MAX_JPEG_SCANS",
  100,
  "scans of a progressive JPEG",
  "each, even of a few bytes, takes a pass over the whole picture; encoders write about ten",
);

export const MAX_JPEG2000_TILES: number = limit(
  "MAX_JPEG2000_TILES",
  1024,
  "tiles within a JPEG 2000 block",
  "blocks have one; each takes memory however small it is",
);

// Servers.

export const MAX_SERVER_WAIT: number = limit(
  "MAX_SERVER_WAIT",
  60_000,
  "milliseconds that a server may ask to wait",
  "who waits longer should be told",
);

/** The limits as `inspect` shows them: a line for each. */
export function describeLimits(): string {
  return [...LIMITS.values()].map(({ most, what, why }) =>
    `${
      most.toLocaleString("en-US").padStart(13)
    }  ${what}\n               ${why}`
  ).join("\n");
}
