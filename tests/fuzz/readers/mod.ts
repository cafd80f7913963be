import type { Reader } from "../reader.ts";
import { CODEC_READERS } from "./codecs.ts";
import { CORRECTION_READERS } from "./corrections.ts";
import { HAMAMATSU_READERS } from "./hamamatsu.ts";
import { DICOM_READER } from "./dicom.ts";
import { FOLDER_READERS } from "./folders.ts";
import { HTTP_READER } from "./http.ts";
import { JOURNAL_READER } from "./journal.ts";
import { MODEL_NOTE_READER, MODEL_READER } from "./models.ts";
import { SLIDE_READERS } from "./slides.ts";
import { TEXT_READERS } from "./texts.ts";
import { WEIGHT_READERS } from "./weights.ts";
import { ZARR_READERS } from "./zarr.ts";

/** All readers of the project: one that is not here is not fuzzed. */
export const READERS: readonly Reader[] = [
  ...SLIDE_READERS,
  ...HAMAMATSU_READERS,
  DICOM_READER,
  ...FOLDER_READERS,
  ...ZARR_READERS,
  ...CODEC_READERS,
  ...WEIGHT_READERS,
  ...TEXT_READERS,
  ...CORRECTION_READERS,
  MODEL_READER,
  MODEL_NOTE_READER,
  HTTP_READER,
  JOURNAL_READER,
];
