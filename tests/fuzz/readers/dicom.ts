// DICOM files: headers, frames and where they lie, and the codecs that only DICOM has.
import {
  type DicomPictureSpec,
  makeDicomPicture,
} from "../../helpers/make_dicom.ts";
import { noise } from "../../helpers/noise.ts";
import { mutateDicom } from "../mutate/dicom.ts";
import type { Bytes, Reader } from "../reader.ts";
import { openOrShow } from "./slides.ts";

/** noise(6, 4), as CharLS wrote it. */
const JPEG_LS =
  "/9j/9wARCAAEAAYDAREAAhEAAxEA/9oADAMBAAIAAwAAAgAAAvyQAAAPO+AAAAuQ/qS0es+t09ut9S/aKAAABaysAQHIAAANiAAADVgAAAsQdCNIAABFYE3kvAAAAxWkZ0Q4AAHRYNr7vOxnAAABW2CAAAAB/AAAAaAAAonAAAA7wAAANkPi8R7X01O+WtIpHJ/uj3z+ousw/9k=";

const [width, height] = [24, 20];

/** Run lengths of a frame whose bytes are all equal. */
function flatRle({ length }: Uint8Array): Uint8Array {
  const runs = Array(Math.ceil(length / 3 / 128)).fill([129, 7]).flat();
  const header = new Uint32Array(16);
  header.set([3, 64, 64 + runs.length, 64 + 2 * runs.length]);
  return Uint8Array.from([
    ...new Uint8Array(header.buffer),
    ...[runs, runs, runs].flat(),
  ]);
}

const SPECS: readonly Partial<DicomPictureSpec>[] = [
  {},
  { isOpen: true },
  { syntax: "", isOpen: true },
  { isSparse: true, order: [3, 1] },
  { syntax: ".5", encode: flatRle },
  { syntax: ".5", encode: flatRle, table: "extended" },
  { syntax: ".5", encode: flatRle, table: "none", isSparse: true },
  {
    ...{ width: 6, height: 4, pixels: noise(6, 4), syntax: ".4.80" },
    tile: { width: 6, height: 4 },
    encode: () => Uint8Array.from(atob(JPEG_LS), (c) => c.charCodeAt(0)),
  },
];

const reduced = makeDicomPicture({
  ...{ width: width / 2, height: height / 2 },
  pixels: noise(width / 2, height / 2),
});

/** Opens a file beside another of its series, and reads all of it. */
async function readBeside(input: Bytes): Promise<void> {
  const files = [new File([input], "a.dcm"), new File([reduced], "b.dcm")];
  await using slide = await openOrShow(files);
  for (const [level, { width, height }] of slide.levels.entries()) {
    await slide.readRegion({
      x: 0,
      y: 0,
      width: Math.min(width, 64),
      height: Math.min(height, 64),
    }, { level });
  }
}

export const DICOM_READER: Reader = {
  name: "dicom",
  corpus: () =>
    SPECS.map((spec) =>
      makeDicomPicture({ width, height, pixels: noise(width, height), ...spec })
    ),
  mutate: [mutateDicom],
  read: readBeside,
};
