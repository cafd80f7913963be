import { join } from "node:path";
import { cannot } from "../../errors/cannot.ts";
import { mayPass } from "../../io/may_pass.ts";
import type { DeviceOptions } from "../../options/model.ts";
import { Tuning } from "../../predict/tuning.ts";
import { chooseModel } from "../choose_model.ts";
import { settingsOf } from "../infer_options.ts";
import { LazyModel } from "../lazy_model.ts";
import {
  endless,
  type JobOptions,
  oneLine,
  RunContext,
  untold,
} from "../run_context.ts";
import { claimParts } from "./claim_parts.ts";
import { OpenCohort, type Part, partsFolder } from "./cohort.ts";
import { computePart, type PartWork } from "./compute_part.ts";
import { writeFailure } from "./part_state.ts";
import { Reference } from "./reference.ts";

/**
 * Options for {@linkcode inferCohort}.
 *
 * @category Cohorts
 */
export interface InferCohortOptions extends Partial<DeviceOptions>, JobOptions {
  /** Which parts: some by their numbers, every Nth, or any that no other machine has claimed. */
  readonly choose:
    | { readonly parts: readonly number[] }
    | { readonly shard: readonly [part: number, parts: number] }
    | {
      readonly claim: true;
      /** Milliseconds after which a claim whose counter stands still is taken over. Default: 120,000. */
      readonly patience?: number;
      /** Whether parts that failed for good are computed again. Default: false. */
      readonly retryFailed?: boolean;
    };
  /** The folder that keeps models from servers. Default: `tilewise/models` in the user's cache folder. */
  readonly cache?: string;
  /** The folder of unfinished parts. Default: `state` in the cohort's folder. */
  readonly state?: string;
  /** The folder of finished parts. Default: `parts` in the cohort's folder. */
  readonly parts?: string;
  /** Seconds that a server may be silent. Default: 10. */
  readonly timeout?: number;
  /** Decoding threads. Default: one per core. */
  readonly threads?: number;
}

/**
 * What a process did for a cohort.
 *
 * @category Cohorts
 */
export interface CohortProgress {
  /** Parts that it computed. */
  readonly done: number;
  /** Parts that were complete. */
  readonly complete: number;
  /** Parts that failed for good: their slides are damaged, or changed. */
  readonly failed: number;
  /** Parts that failed as the network, a disk or a device did; another try may do. */
  readonly passing: number;
}

/**
 * Computes parts of a cohort. If a part fails, the others continue. Deno only.
 *
 * @example
 * ```ts ignore
 * import { inferCohort } from "@tilewise/tilewise/run";
 *
 * const { failed } = await inferCohort("cohort", { choose: { shard: [1, 12] } });
 * ```
 *
 * @throws {Error} If the cohort cannot be read, has other weights than those files now have, the device is lost, or computes
 * other masks than those of other machines.
 *
 * @category Cohorts
 */
export async function inferCohort(
  folder: string,
  given: InferCohortOptions,
): Promise<CohortProgress> {
  const { onEvent: tell = untold, signal = endless(), choose, threads } = given;
  const cohort = await OpenCohort.read(folder);
  const { device = "auto", memory, timeout } = given;
  const source = { ...modelOf(cohort, given.cache), timeout };
  const { trained, opened, weights } = await chooseModel(source, {
    ...{ tell, signal },
  });
  const options = {
    ...{ ...cohort.options, device, memory, timeout },
    ...{ weights, opened },
  };
  const context = await RunContext.begin(given.command ?? []);
  await using model = new LazyModel(options, {
    ...{ tell, signal },
    tuning: Tuning.parse(JSON.stringify(cohort.cohort.kernels)),
  });
  await refuseOtherWeights(cohort, model);
  const settings = settingsOf(options);
  const warnings = trained.warnings(settings);
  for (const text of warnings) await tell({ kind: "warning", text });
  const parts = given.parts ?? partsFolder(folder);
  const state = given.state ?? join(folder, "state");
  const work: PartWork = {
    ...{ cohort, options, model, context, parts, threads, tell, signal, state },
    reference: new Reference({ cohort, options, state, tell, signal }),
    warn: (slide, tileMpp) => [
      ...warnings,
      ...trained.tellScale(slide, { ...settings, tileMpp }, tell),
    ],
  };
  const progress = { done: 0, complete: 0, failed: 0, passing: 0 };
  const chosen = "claim" in choose
    ? claimParts({ ...choose, ...work })
    : chooseParts(cohort, choose);
  for await (const part of chosen) {
    signal.throwIfAborted();
    await cohort.expectThere();
    const about = { part: part.id, name: cohort.describe(part) };
    try {
      const status = await computePart(part, work);
      progress[status]++;
      await tell({ kind: "part", ...about, status });
    } catch (error) {
      signal.throwIfAborted();
      model.check(); // no part can do without weights and device
      work.reference.check();
      await cohort.expectThere();
      const text = oneLine(error);
      if (mayPass(error)) progress.passing++;
      else {
        progress.failed++;
        const { host } = context;
        await writeFailure(parts, { part: part.id, error: text, host });
      }
      await tell({ kind: "part", ...about, status: "failed", error: text });
    }
  }
  return progress;
}

/** The parts of a call: by their numbers, or each Nth, so that those of a large slide are spread. */
function chooseParts(
  cohort: OpenCohort,
  choose: Exclude<InferCohortOptions["choose"], { readonly claim: true }>,
): readonly Part[] {
  if ("parts" in choose) return choose.parts.map((id) => cohort.part(id));
  const [shard, shards] = choose.shard;
  return cohort.parts.filter((_, i) => i % shards === shard - 1);
}

/** The model of the plan, or its weights. */
function modelOf(
  { cohort: { model }, options }: OpenCohort,
  cache: string | undefined,
): Parameters<typeof chooseModel>[0] {
  return model === undefined
    ? { weights: options.weights }
    : { model: model.source, cache };
}

/** Checks that the weights are those of the plan, before anything is computed. */
async function refuseOtherWeights(
  { folder, cohort }: OpenCohort,
  model: LazyModel,
): Promise<void> {
  const found = await model.hashes();
  const { source, sha256 } = cohort.model ?? {};
  const planned = [
    ...cohort.weights,
    ...(source === undefined ? [] : [{ path: source, sha256 }]),
  ];
  const other = planned.find(({ sha256 }, i) => sha256 !== found[i]);
  if (!other) return;
  throw cannot(
    `segment slides of cohort "${folder}"`,
    `"${other.path}" has changed since it was planned; plan it again in another folder`,
  );
}
