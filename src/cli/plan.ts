import {
  type Command,
  helpOf,
  readCommand,
  withAfter,
} from "../options/command.ts";
import {
  number,
  type OptionsOf,
  pickGiven,
  toggle,
} from "../options/option.ts";
import { modelRule } from "../options/model.ts";
import { givenOptions } from "../options/parse_options.ts";
import { regionRules } from "../options/region.ts";
import { scaleRule } from "../options/tiling.ts";
import { planCohort } from "../run/cohort/plan_cohort.ts";
import { type InferOptions, inferOptions } from "../run/infer_options.ts";
import { listSlides } from "../run/list_slides.ts";
import {
  allowFiles,
  allowModel,
  allowRegions,
  allowSources,
  allowTuning,
} from "./allow_files.ts";
import { printLine, printLines } from "./print.ts";
import { Printer, quietOption, SLIDES } from "./printer.ts";

/** Options of `infer` that belong to a machine or a call. */
type Apart =
  | "device"
  | "memory"
  | "shard"
  | "threads"
  | "overwrite"
  | "resume"
  | "reproducible"
  | "profile";

interface PlanFlags extends Omit<InferOptions, Apart> {
  readonly partsOf?: number;
  readonly keepGoing: boolean;
  readonly probability: boolean;
  readonly quiet: boolean;
}

const {
  device: _device,
  memory: _memory,
  shard: _shard,
  threads: _threads,
  overwrite: _overwrite,
  resume: _resume,
  reproducible: _reproducible,
  profile: _profile,
  ...pinned
} = inferOptions;

const options: OptionsOf<PlanFlags> = {
  ...withAfter(
    {
      ...pinned,
      out: { ...pinned.out, help: "folder of the cohort; created if missing" },
      tune: toggle({
        help: "use the kernels that infer --tune has found to be fastest on " +
          "this machine (default: those that suit most)",
        affects: false,
      }),
    },
    "out",
    {
      partsOf: number({
        least: 1,
        whole: true,
        help: "cut slides into parts of up to N tiles, whole rows of them " +
          "(default: a part is a slide)",
        affects: false,
      }),
      probability: toggle({
        help: "add the probability map to the formats",
        affects: false,
      }),
      keepGoing: toggle({
        help: "plan the other slides if some cannot be opened (default: an " +
          "error)",
        affects: false,
      }),
    },
  ),
  ...quietOption,
};

const command: Command<PlanFlags> = {
  about: `Plans a cohort: slides that many machines segment part by part. Next:
tilewise infer --cohort DIR on each, then tilewise merge DIR.`,
  usage: [
    "tilewise plan SLIDE... --weights FILE --out DIR [options]",
    "tilewise plan SLIDE... --model MODEL --out DIR [options]",
  ],
  slides: SLIDES,
  options,
  headings: {
    arch: "Model",
    tile: "Tiles, in pixels after downsampling; tile, expansion and scale " +
      "are by default those that the weights were trained with",
    within: "Region and tissue, in pixels of the slide",
    slideMpp: "Slides",
    formats: "Output",
  },
  end:
    `Exit code: 0 if the cohort is planned, 1 if not, 2 if the command line is
invalid, 104 if another try may do.`,
  rules: (options) => [
    [
      options.weights.length > 0 || options.model !== undefined,
      "No model given: add --weights FILE or --model MODEL",
    ],
    modelRule(options),
    [options.out !== "", "No folder given for the cohort: add --out DIR"],
    [
      options.formats.has("json"),
      "A cohort needs json in --format, which records what was done",
    ],
    scaleRule(options),
    ...regionRules(options),
  ],
};

/**
 * The command `plan`: plans a cohort.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 */
export async function plan(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const read = readCommand(command, args);
  if (!read) {
    printLines(helpOf(command));
    return 0;
  }
  const { out, partsOf, keepGoing, quiet } = read;
  const formats = read.probability
    ? new Set([...read.formats, "probability" as const])
    : read.formats;
  await allowFiles([out], { action: "plan a cohort", write: true });
  await allowModel(read);
  await allowRegions(read);
  if (read.tune) await allowTuning();
  const slides = await listSlides(read.slides);
  await allowSources(slides.map(({ source }) => source));
  const printer = new Printer({ quiet });
  const { cohort, parts } = await planCohort(slides, {
    ...pickGiven<Omit<InferOptions, Apart>>(pinned, read, givenOptions(args)),
    ...{ out, formats, partsOf, keepGoing, signal },
    onEvent: (event) => printer.print(event),
  });
  if (quiet) return 0;
  const tiles = parts.reduce((sum, part) => sum + part.tiles, 0);
  const failed = cohort.slides.filter(({ error }) => error !== undefined);
  printLine(
    `${
      cohort.slides.length - failed.length
    } slides in ${parts.length} parts, ${tiles} tiles with background: ${out}`,
  );
  return 0;
}
