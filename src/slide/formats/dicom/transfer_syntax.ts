import { cannot } from "../../../errors/cannot.ts";
import { JPEG_LS_BLOCK, RLE_BLOCK } from "../../codecs/block_job.ts";

/** How a DICOM file and its frames are written. */
export interface TransferSyntax {
  readonly name: string;
  /** The number of its codec, of TIFF's or our own; `undefined` if it is not supported. */
  readonly compression?: number;
  /** Whether attributes do not say of which kind they are. Default: false. */
  readonly isImplicit?: boolean;
  /** Whether the header itself is written in another way, which is not read. Default: false. */
  readonly otherHeader?: boolean;
}

const [NONE, JPEG, JPEG_2000] = [1, 7, 34712];
const ROOT = "1.2.840.10008.1.2";

/** Transfer syntaxes, by what follows 1.2.840.10008.1.2. Source: DICOM PS3.6, table A-1. */
const SYNTAXES: { readonly [suffix: string]: TransferSyntax } = {
  "": { name: "implicit little endian", compression: NONE, isImplicit: true },
  ".1": { name: "explicit little endian", compression: NONE },
  ".1.98": { name: "encapsulated uncompressed" },
  ".1.99": { name: "deflated explicit little endian", otherHeader: true },
  ".2": { name: "explicit big endian", otherHeader: true },
  ".5": { name: "RLE", compression: RLE_BLOCK },
  ".4.50": { name: "JPEG baseline", compression: JPEG },
  ".4.51": { name: "JPEG extended (12 bits)" },
  ".4.57": { name: "lossless JPEG" },
  ".4.70": { name: "lossless JPEG, selection value 1" },
  ".4.80": { name: "lossless JPEG-LS", compression: JPEG_LS_BLOCK },
  ".4.81": { name: "near-lossless JPEG-LS", compression: JPEG_LS_BLOCK },
  ".4.90": { name: "lossless JPEG 2000", compression: JPEG_2000 },
  ".4.91": { name: "JPEG 2000", compression: JPEG_2000 },
  ".4.92": { name: "lossless JPEG 2000, part 2" },
  ".4.93": { name: "JPEG 2000, part 2" },
  ".4.94": { name: "JPIP" },
  ".4.95": { name: "deflated JPIP" },
  ".4.100": { name: "MPEG-2" },
  ".4.101": { name: "MPEG-2" },
  ".4.102": { name: "MPEG-4" },
  ".4.103": { name: "MPEG-4" },
  ".4.104": { name: "MPEG-4" },
  ".4.105": { name: "MPEG-4" },
  ".4.106": { name: "MPEG-4" },
  ".4.107": { name: "HEVC" },
  ".4.108": { name: "HEVC" },
  ".4.110": { name: "lossless JPEG XL" },
  ".4.111": { name: "JPEG XL of recompressed JPEG" },
  ".4.112": { name: "JPEG XL" },
  ".4.201": { name: "lossless HTJ2K", compression: JPEG_2000 },
  ".4.202": { name: "lossless HTJ2K, RPCL", compression: JPEG_2000 },
  ".4.203": { name: "HTJ2K", compression: JPEG_2000 },
  ".8.1": { name: "deflated frames" },
};

/** The transfer syntax of a UID. */
export function syntaxOf(uid: string): TransferSyntax {
  const suffix = uid.startsWith(ROOT) ? uid.slice(ROOT.length) : uid;
  return Object.hasOwn(SYNTAXES, suffix)
    ? SYNTAXES[suffix]
    : { name: "an unknown one" };
}

/** Whether frames lie in fragments, not one after the other. */
export function isEncapsulated(uid: string): boolean {
  return syntaxOf(uid).compression !== NONE;
}

/** The error for a syntax that is not supported. */
export function refuseSyntax(uid: string): Error {
  return cannot(
    "read a DICOM file",
    `its transfer syntax ${uid} (${
      syntaxOf(uid).name
    }) is not supported: rewrite it with gdcmconv --raw (GDCM), or dcmdjpeg or dcmconv (DCMTK)`,
    { kind: TypeError },
  );
}

const STORAGE = "1.2.840.10008.5.1.4.1.1.";

/** The kind of object that is a whole slide. */
export const WHOLE_SLIDE: string = `${STORAGE}77.1.6`;

/** Other kinds that come with slides, by what follows 1.2.840.10008.5.1.4.1.1. Source: DICOM PS3.6, table A-1. */
const CLASSES: { readonly [suffix: string]: string } = {
  "1": "a radiograph",
  "2": "a CT image",
  "4": "an MR image",
  "6.1": "an ultrasound image",
  "7": "a secondary capture",
  "7.1": "a secondary capture",
  "7.2": "a secondary capture",
  "7.3": "a secondary capture",
  "7.4": "a secondary capture",
  "11.1": "a presentation state",
  "66": "raw data",
  "66.4": "a segmentation",
  "66.7": "a label map",
  "77.1.1": "an endoscopic image",
  "77.1.2": "a microscopic image",
  "77.1.3": "a microscopic image in slide coordinates",
  "77.1.4": "a photograph",
  "77.1.8": "a confocal image",
  "77.1.9": "a tiled confocal image",
  "88.11": "a structured report",
  "88.22": "a structured report",
  "88.33": "a structured report",
  "88.34": "a structured report",
  "88.35": "a structured report",
  "91.1": "annotations of a slide",
  "104.1": "a PDF document",
};

/** What an object is, in words. */
export function describeClass(uid: string | undefined): string {
  const suffix = uid?.startsWith(STORAGE) ? uid.slice(STORAGE.length) : "";
  if (uid === "1.2.840.10008.1.3.10") return "the directory of a medium";
  return Object.hasOwn(CLASSES, suffix)
    ? CLASSES[suffix]
    : `an object of class ${uid ?? "unknown"}`;
}
