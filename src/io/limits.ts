/**
 * All limits that guard against files, servers and weights of unknown origin, so that reading them takes less than a
 * gigabyte of memory and comes to an end. Real files stay well below; what exceeds a limit is refused with an error that
 * names the limit. `tilewise inspect --limits` shows them.
 *
 * @module
 */

import { limit, LIMITS } from "./limit.ts";

export * from "./dicom_limits.ts";
export { type Limit, LIMITS } from "./limit.ts";
export * from "./server_limits.ts";
export * from "./text_limits.ts";
export * from "./weight_limits.ts";

// XML.

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

// Folders of 3DHISTECH.

export const MAX_SLIDEDAT_BYTES: number = limit(
  "MAX_SLIDEDAT_BYTES",
  2 ** 22,
  "bytes of an MRXS slide's Slidedat.ini",
  "they have some hundred kilobytes",
);

export const MAX_MRXS_INDEX: number = limit(
  "MAX_MRXS_INDEX",
  2 ** 27,
  "bytes of an MRXS slide's index",
  "an image takes 16 bytes: eight million, of all levels and focal planes",
);

export const MAX_MRXS_IMAGES: number = limit(
  "MAX_MRXS_IMAGES",
  2 ** 22,
  "images of an MRXS slide's finest level, missing ones included",
  "2000 by 2000 images of some 300 px; each takes 10 bytes of memory",
);

export const MAX_MRXS_FILES: number = limit(
  "MAX_MRXS_FILES",
  1000,
  "data files of an MRXS slide",
  "slides have tens; all are opened, and systems often allow 1024 open files",
);

export const MAX_PHOTOS_IN_PLACE: number = limit(
  "MAX_PHOTOS_IN_PLACE",
  256,
  "photos that meet in a place of the size of one",
  "16 of neighbors that overlap by half; each is compared with the others",
);

// Zeiss CZI.

export const MAX_CZI_DIRECTORY: number = limit(
  "MAX_CZI_DIRECTORY",
  2 ** 27,
  "bytes of a CZI's directory",
  "a sub-block takes some 130: a million",
);

export const MAX_CZI_BLOCKS: number = limit(
  "MAX_CZI_BLOCKS",
  2 ** 20,
  "sub-blocks of a CZI",
  "slides have some ten thousand, of all levels; each takes 44 bytes of memory",
);

export const MAX_CZI_PILE: number = limit(
  "MAX_CZI_PILE",
  256,
  "sub-blocks of a CZI that lie over each other",
  "tiles overlap by a tenth; each is compared with the others",
);

export const MAX_CZI_ATTACHMENTS: number = limit(
  "MAX_CZI_ATTACHMENTS",
  1024,
  "attachments of a CZI",
  "slides have about ten",
);

// Zarr.

export const MAX_ZARR_JSON: number = limit(
  "MAX_ZARR_JSON",
  2 ** 24,
  "bytes of a document of a Zarr store",
  "documents take kilobytes; parsed, they take about ten times their length",
);

export const MAX_ZARR_AXES: number = limit(
  "MAX_ZARR_AXES",
  8,
  "axes of a Zarr array",
  "images have up to five",
);

export const MAX_ZARR_LEVELS: number = limit(
  "MAX_ZARR_LEVELS",
  64,
  "levels of an OME-Zarr image",
  "halving the widest slide 24 times leaves a pixel; each takes a read",
);

export const MAX_ZARR_IMAGES: number = limit(
  "MAX_ZARR_IMAGES",
  256,
  "images of an OME-Zarr",
  "a slide has a few: the scan, label, macro; each may take a read",
);

export const MAX_SHARD_CHUNKS: number = limit(
  "MAX_SHARD_CHUNKS",
  2 ** 20,
  "chunks of a Zarr shard",
  "the table of a shard takes 16 bytes for each and is read whole",
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

export const MAX_JPEG_HEADER: number = limit(
  "MAX_JPEG_HEADER",
  2 ** 20,
  "bytes before the coded data of a slide that is one JPEG",
  "color profiles take most of it; scanners write some hundred",
);

export const MAX_JPEG_RESTARTS: number = limit(
  "MAX_JPEG_RESTARTS",
  2 ** 24,
  "restart intervals of a JPEG whose intervals are tiles",
  "their places take 128 MiB; a slide of 200,000 px per side has five million of 1024×8 px",
);

export const MAX_JPEG2000_TILES: number = limit(
  "MAX_JPEG2000_TILES",
  1024,
  "tiles within a JPEG 2000 block",
  "blocks have one; each takes memory however small it is",
);

/** The limits as `inspect` shows them: a line for each. */
export function describeLimits(): string {
  return [...LIMITS.values()].map(({ most, what, why }) =>
    `${
      most.toLocaleString("en-US").padStart(13)
    }  ${what}\n               ${why}`
  ).join("\n");
}
