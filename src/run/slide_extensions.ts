/**
 * What slides' files are called: these are taken from folders. Some of them may be refused by name and reason, which is
 * better than to leave them out without a word.
 */
export const SLIDE_EXTENSIONS: readonly string[] = [
  "svs",
  "tif",
  "tiff",
  "btf",
  "tf8",
  "qptiff",
  "ndpi",
  "scn",
  "bif",
  "mrxs",
  "vsi",
  "vms",
  "vmu",
  "czi",
  "svslide",
  "isyntax",
  "png",
  "jpg",
  "jpeg",
];
