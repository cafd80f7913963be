import type { MaskBand, MaskSink } from "./mask_band.ts";

/** Options for {@linkcode writeBands}. */
export interface WriteBandsOptions {
  /** Stops early, with the signal's reason; no file is left. */
  readonly signal?: AbortSignal;
}

/**
 * Sends the bands of a mask to all sinks in one pass, and closes the sinks at the end. On an error, the source is ended
 * and every open sink is aborted, so that no partial file is left.
 *
 * @param bands The mask from top to bottom, for example from {@linkcode stitchBands}.
 * @param sinks The sinks.
 * @throws What a sink or the source throws, or the signal's reason.
 *
 * @example
 * ```ts
 * import { RleEncoder } from "@tilewise/tilewise/masks";
 * import { writeBands } from "@tilewise/tilewise";
 *
 * const encoder = new RleEncoder({ width: 2, height: 2 });
 * async function* bands() {
 *   yield { y: 0, width: 2, height: 2, mask: new Uint8Array([1, 0, 1, 0]) };
 * }
 * await writeBands(bands(), [encoder]);
 * console.log([...encoder.text()].join("")); // "1 2"
 * ```
 */
export async function writeBands(
  bands: AsyncIterable<MaskBand>,
  sinks: readonly MaskSink[],
  options: WriteBandsOptions = {},
): Promise<void> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    for (const sink of sinks) await sink.open?.();
    for await (const band of bands) {
      signal?.throwIfAborted();
      for (const sink of sinks) await sink.write(band);
    }
    signal?.throwIfAborted();
    for (const sink of sinks) await sink.close();
  } catch (error) {
    // A sink that fails to clean up must neither keep the others from it nor hide the first error.
    await Promise.allSettled(sinks.map(async (sink) => await sink.abort()));
    throw error;
  }
}
