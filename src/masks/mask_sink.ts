import type { MaskBand } from "./mask_band.ts";

/** Receives a slide's mask band by band; {@linkcode writeBands} drives it. */
export interface MaskSink {
  /** Prepares, so that a file that cannot be written is an error before the work begins. */
  open?(): Promise<void>;
  /** Receives the next band; it must not keep the band's arrays. */
  write(band: MaskBand): void | Promise<void>;
  /** Ends the mask and completes the result. */
  close(): Promise<void>;
  /** Aborts and removes what was written; does nothing once closed. */
  abort(): Promise<void>;
}
