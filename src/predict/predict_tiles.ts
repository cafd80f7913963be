import { cannot } from "../errors/cannot.ts";
import type { ProfileEntry } from "../gpu/profiler.ts";
import {
  type Tile,
  tileFactor,
  type TilePosition,
  tileSpan,
} from "../tiles/plan_tiles.ts";
import type { Predictor, TileResult } from "./backend.ts";
import type { Model } from "./model.ts";
import type { MemoryPlan } from "./plan_memory.ts";

/** Options for {@linkcode predictTiles}. */
export interface PredictOptions {
  /** Whether to average the predictions for a tile and its three mirror images. Default: false. */
  readonly flips?: boolean;
  /** Probability above which a pixel belongs to a class. Default: 0.5. */
  readonly threshold?: number;
  /** Whether to return each pixel's probability, with several classes the highest, with the mask. Default: false. */
  readonly probability?: boolean;
  /** Whether to return it as bytes, 0 to 255, at a quarter of the memory and transfer. Default: false. */
  readonly probability8?: boolean;
  /** Whether to return the probabilities of all classes. Default: false. */
  readonly probabilities?: boolean;
  /** Whether to return them as bytes, 0 to 255. Default: false. */
  readonly probabilities8?: boolean;
  /**
   * Whether to return the share of networks and flips that are above the threshold, as bytes: 0 for none, 255 for all. It is not
   * upsampled: `size` pixels a side. Only models of one class have it. Default: false.
   */
  readonly votes8?: boolean;
  /**
   * Tiles on the GPU at a time. Default: 2, which hides upload and read-back behind the network; up to 16 if an
   * ensemble's weights do not fit in GPU memory, as they are swapped for each batch of so many tiles.
   */
  readonly inFlight?: number;
  /** Called before the first tile with the use of GPU memory: whether weights are swapped, and the size of a batch. */
  readonly onMemory?: (plan: MemoryPlan) => void;
  /**
   * Whether to reuse the arrays of predictions, so that memory does not wait for the garbage collector; a prediction's
   * arrays are then valid until the next one is requested. Default: false.
   */
  readonly reuse?: boolean;
  /**
   * Called after each tile with the GPU time of its first 2,048 kernels, if the device has timestamps. Profiling slows the run
   * down: only one tile is on the GPU at a time, and each layer is a pass of its own.
   */
  readonly onProfile?: (entries: readonly ProfileEntry[]) => void;
  /** Stops the run, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The prediction for a tile's center at slide resolution: `tileSpan(tile)` pixels a side. */
export interface TilePrediction extends TileResult {
  /** The tile's position. */
  readonly tile: TilePosition;
}

/** A {@linkcode TilePrediction} with the arrays that its options request. */
export type PredictionOf<Options extends PredictOptions> =
  & TilePrediction
  & (Options extends { readonly probability: true }
    ? { readonly probability: Float32Array }
    : unknown)
  & (Options extends { readonly probability8: true }
    ? { readonly probability8: Uint8Array }
    : unknown)
  & (Options extends { readonly probabilities: true }
    ? { readonly probabilities: readonly Float32Array[] }
    : unknown)
  & (Options extends { readonly probabilities8: true }
    ? { readonly probabilities8: readonly Uint8Array[] }
    : unknown);

/**
 * Runs a model over expansion tiles: each tile goes through the network with its expansion, and only its center is kept.
 * The probability is the mean over the model's networks, and over four flips if requested. It is upsampled bilinearly to
 * slide resolution, cropped, then thresholded: with several classes, a pixel belongs to the first of those with the highest
 * probability, if that is above the threshold.
 *
 * Predictions have the order of the tiles. At most `inFlight` tiles are pulled ahead. If the weights do not fit in GPU
 * memory, a batch of tiles goes through some networks before the next networks' weights replace these; predictions are the
 * same.
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
 * @throws {RangeError} At the call, if an option is out of range; while iterating, if the network does not accept tiles of
 * that side.
 * @throws {GpuError} While iterating, if the device fails.
 * @throws {Error} If the model was disposed, also while iterating.
 *
 * @category Prediction
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
    throw cannot(ACTION, "threshold must be from 0 to 1", {
      received: threshold,
      kind: RangeError,
    });
  }
  if (!Number.isInteger(inFlight) || inFlight < 1) {
    throw cannot(ACTION, "inFlight must be a positive integer", {
      received: inFlight,
      kind: RangeError,
    });
  }
  if (model.networks.length === 0) {
    throw cannot(ACTION, "the model has no network", { kind: RangeError });
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
    probabilities = false,
    probabilities8 = false,
    votes8 = false,
    reuse,
    onProfile,
    onMemory,
  } = options;
  const inFlight = onProfile ? 1 : options.inFlight;
  let predictor: Predictor | undefined;
  let first: TilePosition | undefined;
  const pending: Promise<TilePrediction>[] = [];
  try {
    for await (const { pixels, ...tile } of tiles) {
      signal?.throwIfAborted();
      model.expectLive(ACTION);
      first ??= tile;
      if (!sameGeometry(first, tile)) {
        throw cannot(
          ACTION,
          `all must have the same size, received ${tile.size}+${tile.expansion} after ${first.size}+${first.expansion}`,
          { kind: RangeError },
        );
      }
      if (!predictor) {
        predictor = await model.predictor({
          size: tile.size,
          expansion: tile.expansion,
          factor: tileFactor({ ...tile, pixels }),
          span: tileSpan(tile),
          flips,
          threshold,
          probability,
          probability8,
          probabilities,
          probabilities8,
          votes: votes8 && canVote(model),
          inFlight,
          profile: onProfile !== undefined,
          signal,
        });
        onMemory?.(predictor.plan);
      }
      const prediction = predictor.predict(pixels)
        .then((result) => ({ tile, ...result }));
      prediction.catch(() => {}); // it is awaited below, in order
      pending.push(prediction);
      await predictor.ready;
      if (pending.length >= predictor.inFlight) {
        const done = await pending.shift()!;
        onProfile?.(await predictor.readProfile());
        signal?.throwIfAborted();
        yield done;
        if (reuse) predictor.reuse(done);
      }
    }
    predictor?.flush();
    while (pending.length > 0) {
      const done = await pending.shift()!;
      signal?.throwIfAborted();
      yield done;
    }
  } catch (error) {
    signal?.throwIfAborted();
    model.expectLive(ACTION); // the cause of other errors, if it was disposed
    throw error;
  } finally {
    predictor?.cancel();
    await Promise.allSettled(pending);
    await predictor?.[Symbol.asyncDispose]();
  }
}

/** Whether the votes of a model's networks are counted: those of one class, by sigmoids. */
export function canVote({ classes, networks }: Model): boolean {
  return classes.length === 1 &&
    networks.every(({ activation }) => activation !== "softmax");
}

/** Whether two tiles are of one kind. */
function sameGeometry(a: TilePosition, b: TilePosition): boolean {
  return a.size === b.size && a.expansion === b.expansion &&
    a.downsample === b.downsample;
}
