/** Limits of servers, for `limits.ts`. */
import { limit } from "./limit.ts";

export const MAX_SERVER_WAIT: number = limit(
  "MAX_SERVER_WAIT",
  60_000,
  "milliseconds that a server may ask to wait",
  "who waits longer should be told",
);

export const MAX_DICOMWEB_METADATA: number = limit(
  "MAX_DICOMWEB_METADATA",
  2 ** 26,
  "bytes of the metadata of a DICOMweb series",
  "a frame that says where it lies takes some hundreds; JSON takes some times as much when it is parsed",
);

export const MAX_MODEL_BYTES: number = limit(
  "MAX_MODEL_BYTES",
  2 ** 33,
  "bytes of the files of a model on a server, together",
  "an ensemble of ten large networks takes two gigabytes; they are kept on the disk",
);
