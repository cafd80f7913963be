/** An unsupported format, how it is recognized, and what to do. */
interface OtherFormat {
  readonly name: string;
  readonly hint: string;
  /** Bytes that it begins with, as text of one byte a character. */
  readonly start?: string;
  /** Their offset. Default: 0. */
  readonly at?: number;
  /** Further text within the first 4096 bytes, in lower case. */
  readonly holds?: string;
  /** File names for which the contents cannot tell. */
  readonly extension?: string;
  /** Whether such files are previews, which would open as pictures. */
  readonly isPreview?: boolean;
}

/** First bytes of TIFF, PNG and JPEG. */
const PICTURES = [
  "II*\0",
  "MM\0*",
  "II+\0",
  "MM\0+",
  "\x89PNG\r\n\x1a\n",
  "\xff\xd8\xff",
];

const CONVERT =
  "convert it to pyramidal TIFF with QuPath, bfconvert (Bio-Formats) or vips tiffsave --tile --pyramid";

const DICOM = {
  name: "a DICOM file without the header that says how it is written",
  hint: "restore it with dcmconv +F (DCMTK) or gdcmconv (GDCM)",
};

const OTHERS: readonly OtherFormat[] = [
  // These files are previews of a slide in a folder.
  {
    name: "an Olympus VSI file",
    extension: "vsi",
    isPreview: true,
    hint:
      "whose slide is in the .ets files of the folder beside it: convert it with bfconvert (Bio-Formats), or export OME-TIFF from OlyVIA",
  },
  {
    name: "an Olympus ETS file",
    start: "SIS\0",
    hint:
      "which is not supported: convert its .vsi with bfconvert (Bio-Formats)",
  },
  // A tag of group 8, and its kind, come first.
  ...["\x08\0\x05\0CS", "\x08\0\x08\0CS"]
    .map((start) => ({ ...DICOM, start })),
  {
    name: "a Sakura .svslide file",
    start: "SQLite format 3",
    hint:
      "an SQLite database, which is not supported: convert it with vips tiffsave --tile --pyramid",
  },
  {
    name: "a Zeiss ZVI file or an Office document",
    start: "\xd0\xcf\x11\xe0",
    hint: `which is not supported: ${CONVERT}`,
  },
  {
    name: "a Leica LIF file",
    start: "\x70\0\0\0",
    holds: "l\0m\0s\0d\0a\0t\0a",
    hint: `which is not supported: ${CONVERT}`,
  },
  {
    name: "a Nikon ND2 file",
    start: "\xda\xce\xbe\x0a",
    hint: `which is not supported: ${CONVERT}`,
  },
  {
    name: "a Hamamatsu NDPIS file",
    holds: "[nanozoomer digital pathology image set]",
    hint:
      "which only lists the .ndpi files of a fluorescence slide, one a channel: open those",
  },
  {
    name: "a Hamamatsu VMU file",
    holds: "[uncompressed virtual microscope specimen]",
    hint: `which is not supported: ${CONVERT}`,
  },
  {
    name: "a Philips iSyntax file",
    start: "<DataObject",
    hint:
      "which is not supported: export it as TIFF or DICOM, or convert it with libisyntax's isyntax-to-tiff",
  },
  {
    name: "a Philips iSyntax file",
    extension: "isyntax",
    hint:
      "which is not supported: export it as TIFF or DICOM, or convert it with libisyntax's isyntax-to-tiff",
  },
  {
    name: "an HTML page",
    holds: "<!doctype html",
    hint:
      "possibly instead of a download that needs a login: download the slide again",
  },
  {
    name: "an HTML page",
    holds: "<html",
    hint:
      "possibly instead of a download that needs a login: download the slide again",
  },
  {
    name: "an error message of a server",
    start: "<?xml",
    holds: "<error>",
    hint: "instead of a download: download the slide again",
  },
  {
    name: "a Git LFS pointer",
    start: "version https://git-lfs",
    hint: "which stands for the slide: fetch it with git lfs pull",
  },
  {
    name: "compressed by gzip",
    start: "\x1f\x8b",
    hint: "unpack it with gunzip",
  },
  { name: "compressed by bzip2", start: "BZh", hint: "unpack it with bunzip2" },
  { name: "compressed by xz", start: "\xfd7zXZ", hint: "unpack it with unxz" },
  {
    name: "compressed by zstd",
    start: "\x28\xb5\x2f\xfd",
    hint: "unpack it with unzstd",
  },
  {
    name: "a ZIP archive",
    start: "PK\x03\x04",
    hint: "unpack it first (a Zarr in a ZIP file, too)",
  },
  {
    name: "a 7-Zip archive",
    start: "7z\xbc\xaf\x27\x1c",
    hint: "unpack it first",
  },
  { name: "a RAR archive", start: "Rar!", hint: "unpack it first" },
  { name: "a tar archive", start: "ustar", at: 257, hint: "unpack it first" },
  {
    name: "an HDF5 file",
    start: "\x89HDF\r\n",
    hint: `as Imaris writes, which is not supported: ${CONVERT}`,
  },
  {
    name: "a JPEG 2000 picture",
    start: "\0\0\0\x0cjP  ",
    hint:
      "which is supported only within TIFF: convert it with vips tiffsave --tile --pyramid",
  },
  {
    name: "a JPEG 2000 codestream",
    start: "\xff\x4f\xff\x51",
    hint:
      "which is supported only within TIFF: convert it with vips tiffsave --tile --pyramid",
  },
  {
    name: "a JPEG XR picture",
    start: "II\xbc",
    hint: "which is not supported: convert it to TIFF",
  },
  {
    name: "a JPEG XL picture",
    start: "\xff\x0a",
    hint: "which is not supported: convert it to TIFF or PNG",
  },
  {
    name: "a JPEG XL picture",
    start: "\0\0\0\x0cJXL ",
    hint: "which is not supported: convert it to TIFF or PNG",
  },
  {
    name: "a WebP picture",
    start: "WEBP",
    at: 8,
    hint: "which is supported only within TIFF: convert it to PNG",
  },
  {
    name: "a GIF picture",
    start: "GIF8",
    hint: "which is not supported: convert it to PNG",
  },
  {
    name: "a BMP picture",
    start: "BM",
    holds: "\0\0\0\0",
    hint: "which is not supported: convert it to PNG",
  },
  {
    name: "an AVIF or HEIF picture",
    start: "ftyp",
    at: 4,
    hint: "which is not supported: convert it to PNG",
  },
  { name: "a PDF document", start: "%PDF", hint: "which is not a slide" },
  {
    name: "a NumPy array",
    start: "\x93NUMPY",
    hint: "which is not supported: save it as TIFF with tifffile",
  },
  {
    name: "a file of weights (safetensors)",
    extension: "safetensors",
    hint: "not a slide: pass it to --weights",
  },
  ...Object.entries({
    kfb: "KFBio",
    mds: "Motic",
    mdsx: "Motic",
    sdpc: "TEKSQRAY",
    tmap: "UNIC",
    tron: "UNIC",
  }).map(([extension, vendor]) => ({
    name: `a ${vendor} slide`,
    extension,
    hint: "which only the vendor's software reads: export it as TIFF or SVS",
  })),
];

/**
 * Recognizes a file of an unsupported format.
 *
 * @param head Its first 4096 bytes.
 * @returns What it is and what to do, in words; `undefined` if it is not recognized.
 */
export function recognize(
  head: Uint8Array,
  fileName: string,
): string | undefined {
  const text = Array.from(head, (byte) => String.fromCharCode(byte)).join("");
  const lower = text.toLowerCase();
  const lowerName = fileName.toLowerCase();
  // The contents of a supported file count, whatever its name and whatever else its bytes happen to match.
  const isPicture = PICTURES.some((start) => text.startsWith(start));
  const found = OTHERS.find(
    ({ start, at = 0, holds, extension, isPreview }) => {
      if (isPicture && !isPreview) return false;
      if (extension !== undefined) return lowerName.endsWith(`.${extension}`);
      if (start !== undefined && !text.startsWith(start, at)) return false;
      if (holds === undefined) return true;
      // With no bytes to match at the start, it must be text.
      return lower.includes(holds) && (start !== undefined || isText(head));
    },
  );
  return found && `it is ${found.name}, ${found.hint}`;
}

/** What is at the top of a Zarr folder. */
const ZARR = ["zarr.json", ".zattrs", ".zgroup", ".zarray"];

/** Whether a folder is a slide itself, rather than a folder of slides, by the names in it. */
export function isSlideFolder(names: readonly string[]): boolean {
  return names.some((name) => ZARR.includes(name)) ||
    recognizeFolder(names) !== undefined;
}

/**
 * Recognizes a folder that contains a slide of an unsupported format, by the names in it.
 *
 * @returns What it is and what to do, in words; `undefined` if it is not recognized.
 */
export function recognizeFolder(names: readonly string[]): string | undefined {
  const has = (name: string) => names.includes(name);
  if (has("Slidedat.ini")) {
    return "it is the folder of a 3DHISTECH MRXS slide: open the .mrxs file of its name beside it, which may be empty";
  }
  return undefined;
}

function isText(head: Uint8Array): boolean {
  return !head.subarray(0, 64).includes(0);
}
