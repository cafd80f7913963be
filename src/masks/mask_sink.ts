import type { MaskBand } from "./mask_band.ts";

/** Takes a slide's mask band by band; {@linkcode writeBands} drives it. */
export interface MaskSink {
  /** Gets ready, so that a file that cannot be written shows before the work begins. */
  open?(): Promise<void>;
  /** Takes the next band; it may not keep the band's arrays. */
  write(band: MaskBand): void | Promise<void>;
  /** Ends the mask; only now does its result stand. */
  close(): Promise<void>;
  /** Gives up and removes what was written; does nothing once closed. */
  abort(): Promise<void>;
}
