import { join, resolve } from "node:path";
import { cannot, reasonOf } from "../../errors/cannot.ts";
import { temporaryEnding, writeAll } from "../../io/atomic_file.ts";
import { eachOf } from "../../io/each_of.ts";
import { givenFlags, withDefaults } from "../../options/option.ts";
import { isRemoteModel } from "../../model_folder/model_address.ts";
import { isFileUrl, isRemote } from "../../slide/open_source.ts";
import { openSlide } from "../../slide/open_slide.ts";
import { planTiles } from "../../tiles/plan_tiles.ts";
import project from "../../../deno.json" with { type: "json" };
import { chooseModel } from "../choose_model.ts";
import { hashFile } from "../fingerprint.ts";
import { checkRegions, digestsOf, findRegions } from "../find_regions.ts";
import { type PlannedSlide, planResults } from "../find_results.ts";
import {
  checkTiling,
  type InferOptions,
  inferOptions,
  settingsOf,
  withClassNames,
} from "../infer_options.ts";
import { listSlides, type SlideEntry } from "../list_slides.ts";
import { tilingOf } from "../predict_slide.ts";
import {
  type JobOptions,
  oneLine,
  shownSource,
  untold,
} from "../run_context.ts";
import { SlideRegion } from "../slide_region.ts";
import { readTuning } from "../tuning_file.ts";
import {
  type Cohort,
  COHORT_SCHEMA,
  type CohortSlide,
  OpenCohort,
  pinnedSettings,
} from "./cohort.ts";

/**
 * Options for {@linkcode planCohort}.
 *
 * @category Cohorts
 */
export interface PlanCohortOptions
  extends
    Partial<Omit<InferOptions, "out">>,
    Pick<InferOptions, "out">,
    Omit<JobOptions, "command"> {
  /** Tiles of a part at most, but at least one row of tiles. Default: a part is a slide. */
  readonly partsOf?: number;
  /** Whether slides that cannot be opened are left to fail at the merge. Default: false, which plans nothing. */
  readonly keepGoing?: boolean;
}

/** Slides that are opened at a time. */
const AT_A_TIME = 4;

/**
 * Plans a cohort of slides that machines process part by part: writes `cohort.json` into a new folder. Planning the same
 * again changes nothing. Deno only.
 *
 * @example
 * ```ts ignore
 * import { planCohort } from "@tilewise/tilewise/run";
 *
 * const { parts } = await planCohort(["slides"], { weights: ["fold0.safetensors"], out: "cohort", partsOf: 500 });
 * console.log(parts.length);
 * ```
 *
 * @throws {Error} If a slide cannot be opened, or the folder has another cohort.
 *
 * @category Cohorts
 */
export async function planCohort(
  sources: readonly (string | SlideEntry)[],
  given: PlanCohortOptions,
): Promise<OpenCohort> {
  const { onEvent: tell = untold, signal, partsOf, keepGoing = false } = given;
  const flags = givenFlags(inferOptions, given);
  const chosen = await chooseModel(given, { tell, signal });
  const { trained, opened } = chosen;
  const { classification, ...tiling } = trained.defaults(flags);
  const said = {
    ...{ ...tiling, ...chosen.defaults, className: classification },
    classes: trained.classes,
  };
  const all = {
    ...withClassNames(withDefaults(inferOptions, said, given), flags),
    ...{ weights: chosen.weights, model: opened?.label },
  };
  // Machines must not choose: what f16 rounds differs.
  const precision = all.precision === "auto" ? "f32" : all.precision;
  const options: InferOptions = { ...all, ...wholePaths(all), precision };
  checkTiling(options);
  await trained.tell(flags, settingsOf(options), tell);
  const weights = await Promise.all(
    options.weights.map(async (path, i) => ({
      path: resolve(path),
      sha256: opened?.hashes[i] ?? await hashFile(path),
    })),
  );
  const model = opened && {
    source: isRemoteModel(opened.source)
      ? opened.source
      : resolve(opened.source),
    sha256: opened.sha256,
  };
  const listed = (await listSlides(sources)).map((entry) => ({
    ...entry,
    source: whole(entry.source),
  }));
  const planned = planResults(listed, { ...options, out: "" });
  await checkRegions(options, planned.length);
  await tell({ kind: "tiles", slide: "planning", tiles: planned.length });
  const slides: CohortSlide[] = [];
  await eachOf(planned.entries(), AT_A_TIME, async ([i, slide]) => {
    signal?.throwIfAborted();
    slides[i] = await planSlide(slide, { options, partsOf });
    await tell({ kind: "tile" });
  });
  await tell({ kind: "tiled" });
  const failed = slides.filter(({ error }) => error !== undefined);
  if (failed.length === slides.length || failed.length > 0 && !keepGoing) {
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
    const [{ error }] = failed.length > 0
      ? failed
      : [{ error: "no slides were found" }];
    const way = failed.length < slides.length
      ? "; use --keep-going to plan the others"
      : "";
    throw cannot("plan the cohort", `${error}${more}${way}`);
  }
  for (const { source, error } of failed) {
    await tell({ kind: "warning", text: `${shownSource(source)}: ${error}` });
  }
  const kernels = options.tune ? (await readTuning()).stringify() : "{}";
  const cohort: Cohort = {
    ...{ schema: COHORT_SCHEMA, version: project.version },
    settings: pinnedSettings(options),
    weights,
    ...(model && { model }),
    ...{ kernels: JSON.parse(kernels), slides },
  };
  await writeOnce(options.out, cohort);
  return await OpenCohort.read(options.out);
}

function whole(source: string): string {
  return isRemote(source) || isFileUrl(source) ? source : resolve(source);
}

/** The files of regions by their absolute paths, as parts may be computed in other folders. */
function wholePaths(
  { within, exclude, tissue }: InferOptions,
): Pick<InferOptions, "within" | "exclude" | "tissue"> {
  const whole = (path: string | undefined) => path && resolve(path);
  return {
    within: whole(within),
    exclude: whole(exclude),
    tissue: whole(tissue),
  };
}

/** Opens a slide and cuts its rows of tiles into parts. */
async function planSlide(
  { source, name, place, mpp, error }: PlannedSlide,
  { options, partsOf = Infinity }: {
    readonly options: InferOptions;
    readonly partsOf?: number;
  },
): Promise<CohortSlide> {
  const about = { source, place, ...(mpp !== undefined && { mpp }) };
  try {
    if (error !== undefined) throw error;
    const { page, sampleRange, slideMpp, timeout } = options;
    await using slide = await openSlide(source, {
      ...{ name, page, sampleRange, mpp: mpp ?? slideMpp, threads: 0 },
      remote: timeout ? { timeout: timeout * 1000 } : {},
    });
    const grid = planTiles(slide, tilingOf(options));
    const { columns, rows } = grid;
    const files = await findRegions(name, options);
    // Only to be checked: each part opens its own.
    await using _region = await SlideRegion.open(slide, files, {
      ...{ ...options, grid },
    });
    const regions = digestsOf(files);
    const most = Math.min(rows, Math.max(1, Math.floor(partsOf / columns)));
    const count = Math.ceil(rows / most);
    const cuts = Array.from(
      { length: count + 1 },
      (_, i) => Math.round(i * rows / count),
    );
    return {
      ...{ ...about, version: slide.version, ...(regions && { regions }) },
      ...{ columns, cuts },
    };
  } catch (error) {
    return { ...about, columns: 0, cuts: [], error: oneLine(error) };
  }
}

/** Writes `cohort.json`, unless it is there: a cohort never changes. */
async function writeOnce(folder: string, cohort: Cohort): Promise<void> {
  const path = join(folder, "cohort.json");
  const text = JSON.stringify(cohort, null, 1) + "\n";
  const temporary = join(folder, `.cohort.json.${temporaryEnding()}`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      await writeAll(file, new TextEncoder().encode(text));
      await file.sync();
    }
    await Deno.link(temporary, path).catch(async (error) => {
      if (error instanceof Deno.errors.AlreadyExists) return; // compared below
      await Deno.rename(temporary, path); // a file system without links
    });
  } catch (cause) {
    throw cannot(`write "${path}"`, reasonOf(cause), { cause });
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
  const found = await Deno.readTextFile(path).catch((cause) => {
    throw cannot(`write "${path}"`, reasonOf(cause), { cause });
  });
  if (found === text) return;
  throw cannot(
    `plan a cohort in "${folder}"`,
    "it has another one, with other slides, settings or weights, and a cohort never changes; use another --out",
  );
}
