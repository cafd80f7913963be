import { join } from "node:path";
import { cannot, reasonOf } from "../../errors/cannot.ts";
import { temporaryEnding } from "../../io/atomic_file.ts";
import type { Model } from "../../predict/model.ts";
import { predictTiles } from "../../predict/predict_tiles.ts";
import { openSlide } from "../../slide/open_slide.ts";
import { planTiles } from "../../tiles/plan_tiles.ts";
import { readTile } from "../../tiles/stream_tiles.ts";
import { findRegions } from "../find_regions.ts";
import type { InferOptions } from "../infer_options.ts";
import { slideName } from "../list_slides.ts";
import type { JournalTile } from "../pack_tile.ts";
import { tilingOf } from "../predict_slide.ts";
import { SlideRegion } from "../slide_region.ts";
import type { Tell } from "../run_context.ts";
import type { OpenCohort } from "./cohort.ts";
import {
  type Agreement,
  isIntactPart,
  type PartFile,
  type PartHead,
  type PartTrailer,
  readPart,
  tilesOfPart,
  writePart,
} from "./part_file.ts";

/** Least Dice of a tile that two adapters have computed. */
const LEAST_DICE = 0.9999;

/** Options for {@linkcode Reference}. */
export interface ReferenceOptions {
  readonly cohort: OpenCohort;
  readonly options: InferOptions;
  /** The folder of unfinished parts. */
  readonly state: string;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** A part before it is complete. */
export interface OwnPart {
  readonly head: PartHead;
  readonly trailer: PartTrailer;
  /** Its tile that says most. */
  readonly tile: JournalTile | undefined;
}

/**
 * Holds the adapters of a cohort to each other. The first part with foreground gives a tile of it to all processes, in the
 * state folder. A process with another adapter computes that tile before it ends its first part.
 */
export class Reference {
  readonly #options: ReferenceOptions;
  readonly #settled = new Map<string, Agreement | undefined>();
  #refusal: Error | undefined;

  /** Reads nothing yet. */
  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  /**
   * Compares the model's adapter with that of the reference, once. Where there is no reference, the part gives it.
   *
   * @returns `undefined` if the adapter is the same, or could not be compared.
   * @throws {Error} If the masks differ by more than rounding explains.
   */
  async settle(model: Model, own: OwnPart): Promise<Agreement | undefined> {
    const { identity } = model;
    if (this.#settled.has(identity)) return this.#settled.get(identity);
    const reference = await this.#find() ?? await this.#give(own);
    if (!reference) return undefined; // the next part may have foreground
    const agreement = reference.identity === identity
      ? undefined
      : await this.#compare(model, reference);
    this.#settled.set(identity, agreement);
    return agreement;
  }

  /** Throws if this device must not compute parts of the cohort. */
  check(): void {
    if (this.#refusal) throw this.#refusal;
  }

  get #path(): string {
    return join(this.#options.state, "reference.tiles");
  }

  async #find(): Promise<PartFile | undefined> {
    const { digest } = this.#options.cohort;
    const found = await readPart(this.#path, { cohort: digest });
    return found && await isIntactPart(found) ? found : undefined;
  }

  /** Makes the part's tile the reference, unless another process is first. */
  async #give({ head, trailer, tile }: OwnPart): Promise<PartFile | undefined> {
    if (!tile?.mask.some((value) => value > 0)) return undefined;
    const temporary = `${this.#path}.${temporaryEnding()}`;
    try {
      await Deno.mkdir(this.#options.state, { recursive: true });
      const tiles = ReadableStream.from([tile]);
      await writePart(temporary, { head, tiles, end: () => trailer });
      await Deno.link(temporary, this.#path).catch(async (error) => {
        if (error instanceof Deno.errors.AlreadyExists) return;
        await Deno.rename(temporary, this.#path); // a file system without links
      });
    } finally {
      await Deno.remove(temporary).catch(() => {});
    }
    return await this.#find();
  }

  async #compare(
    model: Model,
    reference: PartFile,
  ): Promise<Agreement | undefined> {
    const { cohort, tell, signal } = this.#options;
    const { identity, part } = reference;
    let agreement: Agreement;
    try {
      const [{ tile, mask }] = await Array.fromAsync(tilesOfPart(reference));
      const own = await this.#compute(model, { part, tile: tile.index });
      const about = { identity, part, tile: tile.index };
      agreement = { ...about, ...agreementOf(mask, own) };
    } catch (error) {
      signal.throwIfAborted();
      model.check();
      const text = `this device could not be compared with ${identity}: ${
        reasonOf(error)
      }`;
      await tell({ kind: "warning", text });
      return undefined;
    }
    const { tile, dice, different } = agreement;
    // One pixel of few says nothing.
    if (different > 1 && dice < LEAST_DICE) {
      throw this.#refusal = cannot(
        `compute parts of cohort "${cohort.folder}" on ${model.identity}`,
        `other parts are of ${identity}, and the two differ in ${different} pixels of tile ${tile} of part ${part} (Dice ${
          dice.toFixed(5)
        }, at least ${LEAST_DICE} is needed); use one kind of device for a cohort, or plan it with --precision f32`,
      );
    }
    const text = `this device agrees with ${identity}: Dice ${
      dice.toFixed(5)
    } for tile ${tile} of part ${part}`;
    await tell({ kind: "notice", text });
    return agreement;
  }

  /** Computes the mask of a tile. */
  async #compute(
    model: Model,
    { part, tile }: { readonly part: number; readonly tile: number },
  ): Promise<Uint8Array> {
    const { cohort, options, signal } = this.#options;
    const { source, mpp } = cohort.cohort.slides[cohort.part(part).slide];
    const { flips, threshold, timeout } = options;
    await using slide = await openSlide(source, {
      ...{ signal, threads: 0, page: options.page },
      mpp: mpp ?? options.slideMpp,
      sampleRange: options.sampleRange,
      remote: timeout ? { timeout: timeout * 1000 } : {},
    });
    const grid = planTiles(slide, tilingOf(options));
    const position = grid.tile(tile);
    const files = await findRegions(slideName(source), options);
    await using region = await SlideRegion.open(slide, files, {
      ...{ ...options, grid, signal },
      rows: [position.row, position.row + 1],
    });
    const fill = options.fill === "white" ? 255 : 0;
    const reading = { position, level: grid.level, fill, signal };
    const tiles = ReadableStream.from([await readTile(slide, reading)]);
    const [predicted] = await Array.fromAsync(
      predictTiles(tiles, model, { flips, threshold, signal }),
    );
    await region?.clip(predicted);
    return predicted.mask;
  }
}

/** How far two masks of a tile agree. */
function agreementOf(
  one: Uint8Array,
  other: Uint8Array,
): { readonly dice: number; readonly different: number } {
  let [both, different, all] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [one[i], other[i]];
    all += Math.min(a, 1) + Math.min(b, 1);
    if (a !== b) different++;
    else if (a > 0) both++; // of several classes, in the same
  }
  return { dice: all > 0 ? 2 * both / all : 1, different };
}
