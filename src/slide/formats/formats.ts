import { cannot } from "../../errors/cannot.ts";
import type { SlideSource } from "../folder.ts";
import { CZI } from "./czi/czi.ts";
import { DICOM } from "./dicom/dicom.ts";
import type { FileFormat, FileHandle, SlideFile } from "./format.ts";
import { HAMAMATSU_VMS } from "./hamamatsu/vms.ts";
import { MRXS } from "./mrxs/mrxs.ts";
import { JPEG_FILE, PNG_FILE } from "./picture.ts";
import { recognize, recognizeFolder } from "./recognize.ts";
import { TIFF } from "./tiff.ts";
import { OME_ZARR } from "./zarr/zarr.ts";

/** All supported formats: a new one is a file and a row here. Kinds of TIFF have their own table, in `tiff.ts`. */
const FORMATS: readonly FileFormat[] = [
  OME_ZARR,
  MRXS,
  HAMAMATSU_VMS,
  CZI,
  DICOM,
  JPEG_FILE,
  PNG_FILE,
  TIFF,
];

/** Bytes that suffice to recognize a format. */
const HEAD_BYTES = 4096;

/**
 * Reads what a file declares about its pictures.
 *
 * @throws {TypeError} If its format is known but not supported; the message says which it is, and what to do.
 * @throws {SyntaxError} If it is unknown or damaged.
 */
export async function readSlideFile(
  source: SlideSource,
  options: ReadFileOptions,
): Promise<SlideFile> {
  const { format, file } = await recognizeFile(source, options);
  return await format.read(file);
}

/**
 * Reads what a file declares about its channels.
 *
 * @throws {TypeError} If its format is known but not supported; the message says which it is, and what to do.
 * @throws {SyntaxError} If it is unknown or damaged.
 */
export async function readChannelFile(
  source: SlideSource,
  options: ReadFileOptions,
): Promise<Pick<SlideFile, "format" | "findChannels">> {
  const { format, file } = await recognizeFile(source, options);
  return await (format.readChannels ?? format.read)(file);
}

interface ReadFileOptions {
  readonly fileName: string;
  readonly signal?: AbortSignal;
}

async function recognizeFile(
  source: SlideSource,
  { fileName, signal }: ReadFileOptions,
): Promise<{ readonly format: FileFormat; readonly file: FileHandle }> {
  const action = "read a slide's file";
  const { folder, isFolder, web } = source;
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  const entries = isFolder ? await folder.list() : undefined;
  const file = {
    source,
    head,
    fileName,
    folder,
    isFolder,
    entries,
    web,
    signal,
  };
  const format = FORMATS.find((format) => format.detect(file));
  // What stands for a folder may be empty.
  if (source.size === 0 && !isFolder && !format) {
    throw cannot(action, "it is empty", { kind: SyntaxError });
  }
  const other = isFolder
    ? recognizeFolder(entries ?? [])
    : recognize(head, fileName);
  if (other) throw cannot(action, other, { kind: TypeError });
  if (format) return { format, file };
  if (isFolder) throw cannot(action, "it is a folder", { kind: TypeError });
  const start = Array.from(
    head.subarray(0, 4),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join(" ");
  throw cannot(action, `not a TIFF, PNG or JPEG (starts with ${start})`, {
    kind: SyntaxError,
  });
}
