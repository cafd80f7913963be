/** Limits of DICOM files, for `limits.ts`. */
import { limit } from "./limit.ts";

export const MAX_DICOM_HEADER: number = limit(
  "MAX_DICOM_HEADER",
  2 ** 28,
  "bytes of a DICOM file before its pixels",
  "a frame that says where it lies takes some hundreds; a million frames",
);

export const MAX_DICOM_DEPTH: number = limit(
  "MAX_DICOM_DEPTH",
  16,
  "nested sequences of DICOM",
  "slides need about five; some thousands would overflow the stack",
);

export const MAX_DICOM_ITEMS: number = limit(
  "MAX_DICOM_ITEMS",
  4096,
  "items of a DICOM sequence, besides those of frames",
  "optical paths and specimens are a few; each takes memory",
);

export const MAX_DICOM_VALUE: number = limit(
  "MAX_DICOM_VALUE",
  2 ** 16,
  "bytes of a DICOM attribute that is kept",
  "those that tell of a slide are names and numbers",
);

export const MAX_DICOM_FRAMES: number = limit(
  "MAX_DICOM_FRAMES",
  2 ** 22,
  "frames of a DICOM file",
  "the tiles of 256 px of a slide of 500,000 px per side; their places take 16 bytes each",
);

export const MAX_DICOM_TILES: number = limit(
  "MAX_DICOM_TILES",
  2 ** 24,
  "tiles that a DICOM level has room for, there or missing",
  "the tiles of 256 px of a slide of a million px per side",
);

export const MAX_DICOM_PILE: number = limit(
  "MAX_DICOM_PILE",
  16,
  "frames of a DICOM level that begin within the area of one",
  "tiles overlap by a part of their sides; each is compared with its neighbors",
);

export const MAX_DICOM_FILES: number = limit(
  "MAX_DICOM_FILES",
  4096,
  "files of a folder among which a DICOM series is looked for",
  "a series has tens; the header of each is read",
);

export const MAX_RLE_RATIO: number = limit(
  "MAX_RLE_RATIO",
  64,
  "bytes that a byte of DICOM's run lengths can expand to",
  "two bytes stand for at most 128",
);
