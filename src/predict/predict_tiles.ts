import { type ProfileEntry, Profiler } from "../gpu/profiler.ts";
import {
  type Tile,
  tileFactor,
  type TilePosition,
  tileSpan,
} from "../tiles/plan_tiles.ts";
import type { Model } from "./model.ts";
import type { MemoryPlan } from "./plan_memory.ts";
import {
  sameGeometry,
  TilePredictor,
  type TileResult,
} from "./tile_predictor.ts";

/** How {@linkcode predictTiles} predicts. */
export interface PredictOptions {
  /** Whether predictions for the tile and its three mirror images are averaged. Default: false. */
  readonly flips?: boolean;
  /** Probability above which a pixel is in the mask. Default: 0.5. */
  readonly threshold?: number;
  /** Whether probabilities are returned beside the mask. Default: false. */
  readonly probability?: boolean;
  /** Whether probabilities are returned as bytes too, 0 to 255: a quarter of what is read back and kept. */
  readonly probability8?: boolean;
  /**
   * Tiles on the GPU at a time. Default: 2, so that upload and read-back hide behind the network. Where an ensemble's
   * weights do not fit the GPU's memory, they are swapped for each batch of as many tiles: then up to 16 by default.
   */
  readonly inFlight?: number;
  /** Told before the first tile how the GPU's memory is shared: whether weights are swapped, and for how many tiles at a time. */
  readonly onMemory?: (plan: MemoryPlan) => void;
  /**
   * Whether the arrays of predictions are used again, so that memory does not wait for the garbage collector: those of a
   * prediction hold only until the next one is asked for. Otherwise they are the consumer's to keep.
   */
  readonly reuse?: boolean;
  /**
   * Told after each tile how long its kernels took on the GPU, as far as the device has timestamps: the first 2,048 of a tile.
   * One tile at a time is on the GPU then, and each layer is a pass of its own, so that the run takes longer.
   */
  readonly onProfile?: (entries: readonly ProfileEntry[]) => void;
  /** Ends the run early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What the model finds in a tile's centre, at slide resolution: `tileSpan(tile)` pixels a side. */
export interface TilePrediction extends TileResult {
  /** Where the tile lies. */
  readonly tile: TilePosition;
}

/** A {@linkcode TilePrediction} that has what its options ask for. */
export type PredictionOf<Options extends PredictOptions> =
  & TilePrediction
  & (Options extends { readonly probability: true }
    ? { readonly probability: Float32Array }
    : unknown)
  & (Options extends { readonly probability8: true }
    ? { readonly probability8: Uint8Array }
    : unknown);

/**
 * Runs a model over expansion tiles: each tile goes through the network with its expansion, only its centre is kept.
 * The probability is the mean over the model's networks, and over four flips where asked for; it is upsampled bilinearly
 * to slide resolution, cropped, then thresholded.
 *
 * Predictions come in the order of the tiles. No more tiles are pulled than are `inFlight`. Where the weights do not fit the
 * GPU's memory, a batch of tiles goes through some networks, then the next ones' weights take their place; the predictions
 * are the same.
 *
 * @example
 * ```ts ignore
 * import { keepTissue, loadModel, openSlide, predictTiles, streamTiles } from "@tilewise/tilewise";
 *
 * await using slide = await openSlide("kidney.tiff");
 * await using model = await loadModel("auto", ["fold0.pth"]);
 * const tiles = keepTissue(streamTiles(slide, { size: 1024, expansion: 256, downsample: 2 }));
 * for await (const { tile, mask } of predictTiles(tiles, model)) {
 *   console.log(tile.x, tile.y, mask.reduce((sum, value) => sum + value, 0));
 * }
 * ```
 *
 * @throws {RangeError} at the call, where an option is out of range; while iterating, where the network does not take tiles
 * of that side, with those that it takes.
 * @throws {GpuError} while iterating, where the device fails.
 * @throws {Error} where the model was disposed, be it while iterating.
 */
export function predictTiles<Options extends PredictOptions = PredictOptions>(
  tiles: AsyncIterable<Tile>,
  model: Model,
  options?: Options,
): AsyncIterableIterator<PredictionOf<Options>>;
export function predictTiles(
  tiles: AsyncIterable<Tile>,
  model: Model,
  options: PredictOptions = {},
): AsyncIterableIterator<TilePrediction> {
  model.expectLive(ACTION);
  const { threshold = 0.5, inFlight = 1 } = options;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(
      `Cannot predict tiles as the threshold must be in 0..1: received ${threshold}`,
    );
  }
  if (!Number.isInteger(inFlight) || inFlight < 1) {
    throw new RangeError(
      `Cannot predict tiles as inFlight must be a positive integer: received ${inFlight}`,
    );
  }
  if (model.networks.length === 0) {
    throw new RangeError(
      "Cannot predict tiles as the model must have a network: received none",
    );
  }
  return predict(tiles, model, { ...options, threshold });
}

const ACTION = "predict tiles";

async function* predict(
  tiles: AsyncIterable<Tile>,
  model: Model,
  options: PredictOptions & { threshold: number },
): AsyncGenerator<TilePrediction> {
  const { flips = false, threshold, signal } = options;
  const {
    probability = false,
    probability8 = false,
    reuse,
    onProfile,
    onMemory,
  } = options;
  const inFlight = onProfile ? 1 : options.inFlight;
  let predictor: TilePredictor | undefined;
  let profiler: Profiler | undefined;
  let first: TilePosition | undefined;
  const pending: Promise<TilePrediction>[] = [];
  try {
    for await (const { pixels, ...tile } of tiles) {
      signal?.throwIfAborted();
      model.expectLive(ACTION);
      first ??= tile;
      if (!sameGeometry(first, tile)) {
        throw new RangeError(
          `Cannot predict tiles as all must be of one size: received ${tile.size}+${tile.expansion} after ${first.size}+${first.expansion}`,
        );
      }
      if (!predictor) {
        predictor = await TilePredictor.create(model, {
          size: tile.size,
          expansion: tile.expansion,
          factor: tileFactor({ ...tile, pixels }),
          span: tileSpan(tile),
          flips,
          threshold,
          probability,
          probability8,
          inFlight,
          signal,
        });
        onMemory?.(predictor.plan);
      }
      profiler ??= onProfile && new Profiler(model.gpu, 2048);
      const prediction = predictor.predict(pixels, { profiler })
        .then((result) => ({ tile, ...result }));
      prediction.catch(() => {}); // it is awaited below, in order
      pending.push(prediction);
      if (pending.length >= predictor.inFlight) {
        const done = await pending.shift()!;
        if (profiler) onProfile?.(await profiler.read());
        signal?.throwIfAborted();
        yield done;
        if (reuse) predictor.reuse(done);
      }
    }
    predictor?.flush(profiler);
    while (pending.length > 0) {
      const done = await pending.shift()!;
      signal?.throwIfAborted();
      yield done;
    }
  } catch (error) {
    signal?.throwIfAborted();
    model.expectLive(ACTION); // what fails then fails for want of it
    throw error;
  } finally {
    predictor?.cancel();
    await Promise.allSettled(pending);
    await predictor?.[Symbol.asyncDispose]();
    profiler?.[Symbol.dispose]();
  }
}
