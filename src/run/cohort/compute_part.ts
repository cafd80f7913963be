import { dirname } from "node:path";
import { cannot, reasonOf } from "../../errors/cannot.ts";
import { openSlide } from "../../slide/open_slide.ts";
import { planTiles } from "../../tiles/plan_tiles.ts";
import { digestsOf, findRegions } from "../find_regions.ts";
import { runFingerprint } from "../fingerprint.ts";
import { bytesOf, factsOf } from "../infer_slide.ts";
import type { InferOptions } from "../infer_options.ts";
import type { LazyModel } from "../lazy_model.ts";
import { slideName } from "../list_slides.ts";
import { predictSlide, tilingOf } from "../predict_slide.ts";
import { neededBy } from "../result_formats.ts";
import { type Attempt, retryOnDevice } from "../retry_on_device.ts";
import { type RunContext, shownSource, type Tell } from "../run_context.ts";
import { SlideRegion } from "../slide_region.ts";
import { type OpenCohort, type Part, partPath } from "./cohort.ts";
import { readPart, writePart } from "./part_file.ts";
import { forgetAttempts, forgetFailure, openAttempt } from "./part_state.ts";
import type { Reference } from "./reference.ts";

/** What the parts that a process computes share. */
export interface PartWork {
  readonly cohort: OpenCohort;
  /** The cohort's settings, with those of this machine. */
  readonly options: InferOptions;
  readonly model: LazyModel;
  readonly reference: Reference;
  readonly context: RunContext;
  /** The folder of unfinished parts. */
  readonly state: string;
  /** The folder of finished parts. */
  readonly parts: string;
  /** Decoding threads. */
  readonly threads?: number;
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** Warns about a slide whose tiles have this scale; returns all warnings of the run. */
  warn(slide: string, mpp: number | undefined): readonly string[];
}

/**
 * Computes a part, unless it is complete. Others may compute it at the same time: each writes files of its own, and the last
 * one to end gives its file the part's name.
 *
 * @throws What makes it fail.
 */
export async function computePart(
  part: Part,
  work: PartWork,
): Promise<"done" | "complete"> {
  const { cohort, state, parts } = work;
  const path = partPath(parts, part.id, "tiles");
  const about = { cohort: cohort.digest, part: part.id };
  if (await readPart(path, about)) return "complete";
  const { source } = cohort.cohort.slides[part.slide];
  const slide = { source, name: slideName(source) };
  await Deno.mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw cannot(`write part ${part.id}`, reasonOf(cause), { cause });
  });
  await retryOnDevice(
    (attempt) => tryPart(part, { path, attempt, work }),
    { ...work, slide },
  );
  await forgetAttempts(state, part.id);
  await forgetFailure(parts, part.id);
  return "done";
}

async function tryPart(
  { id, slide: index, rows }: Part,
  { path, attempt, work }: {
    readonly path: string;
    readonly attempt: Attempt;
    readonly work: PartWork;
  },
): Promise<void> {
  const { cohort, options, model, context, state, threads, tell, signal } =
    work;
  const { source, mpp, version, regions } = cohort.cohort.slides[index];
  const name = slideName(source);
  const start = new Date();
  const time = performance.now();
  await using slide = await openSlide(source, {
    ...{ name, threads, signal, page: options.page },
    mpp: mpp ?? options.slideMpp,
    sampleRange: options.sampleRange,
    remote: options.timeout ? { timeout: options.timeout * 1000 } : {},
  });
  if (slide.version !== version) {
    throw cannot(
      `segment "${shownSource(source)}"`,
      "it has changed since the cohort was planned, or is a copy with another time of modification (copy with cp -p); plan the cohort again",
    );
  }
  const files = await findRegions(name, options);
  if (JSON.stringify(digestsOf(files)) !== JSON.stringify(regions)) {
    throw cannot(
      `segment "${shownSource(source)}"`,
      "a file of its regions has changed since the cohort was planned; plan it again in another folder",
    );
  }
  const weightHashes = await model.hashes();
  const loaded = await model.load();
  const fingerprint = runFingerprint(slide, {
    ...{ options, weightHashes, precision: loaded.precision, regions: files },
  });
  const grid = planTiles(slide, tilingOf(options));
  const { probability } = neededBy(options.formats);
  const bytes = await bytesOf(source);
  // A slide of unknown version is not resumed.
  await using journal = fingerprint === undefined
    ? undefined
    : await openAttempt(state, {
      ...{ part: id, probability, classes: options.classes?.length },
      key: `${cohort.digest} ${fingerprint} ${loaded.identity} ${rows}`,
      onFailure: (cause) =>
        void tell({
          kind: "warning",
          slide: name,
          text: `finished tiles can no longer be recorded: ${reasonOf(cause)}`,
        }),
    });
  if (journal && journal.size > 0 && !attempt.again) {
    const text = `continuing after ${journal.size} finished tiles`;
    await tell({ kind: "note", slide: name, text });
  }
  await using region = await SlideRegion.open(slide, files, {
    ...{ ...options, grid, rows, signal },
  });
  const tiles = region?.tiles ?? (rows[1] - rows[0]) * grid.columns;
  await tell({ kind: "tiles", slide: cohort.describe(cohort.part(id)), tiles });
  const { mpp: scale } = slide;
  const tileMpp = scale && (scale.x + scale.y) / 2 * grid.downsample;
  const warnings = [
    ...slide.warnings ?? [],
    ...work.warn(name, tileMpp),
    ...region?.warnings ?? [],
  ];
  const predicted = predictSlide(slide, loaded, {
    ...{ options, region, rows, journal, tell, signal },
    inFlight: attempt.inFlight,
    onMemory: (plan) => model.tellMemory(plan),
  });
  const head = {
    ...{ cohort: cohort.digest, part: id, probability },
    classes: options.classes?.length,
    grid: { first: grid.tile(0), columns: grid.columns },
    facts: factsOf(slide, {
      ...{ options, bytes, model: loaded, regions: files },
      run: { fingerprint, weightHashes, warnings },
    }),
  };
  try {
    await writePart(path, {
      head,
      tiles: predicted.predictions,
      overview: predicted.overview,
      end: async (tile) => {
        const trailer = {
          tiles: predicted.tiles,
          ...(region?.clips && {
            region: { areaPx: region.areaPx, seenPx: predicted.seenPx },
          }),
          run: context.record({ start, device: loaded }),
          identity: loaded.identity,
          path: shownSource(source),
          memory: predicted.memory,
          milliseconds: {
            read: predicted.clock.get("read"),
            predict: predicted.clock.get("predict") -
              predicted.clock.get("read"),
            total: performance.now() - time,
          },
        };
        const own = { head, trailer, tile };
        const agreement = await work.reference.settle(loaded, own);
        return { ...trailer, agreement };
      },
    });
  } finally {
    await tell({ kind: "tiled" });
  }
}
