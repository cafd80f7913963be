import type { MaskSummary } from "../masks/summarize_mask.ts";
import type { Model } from "../predict/model.ts";
import { openSlide } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import { allowHosts } from "./allow_hosts.ts";
import {
  inferHelp,
  type InferOptions,
  parseInferOptions,
} from "./infer_options.ts";
import { inferSlide } from "./infer_slide.ts";
import { loadTunedModel } from "./load_tuned_model.ts";
import { oneLine } from "./one_line.ts";

/**
 * The command `infer`: slides in, masks out. A slide that fails is reported, and the others go on.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense, and whatever concerns all slides.
 */
export async function infer(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = parseInferOptions(args);
  if (!options) {
    console.log(inferHelp);
    return 0;
  }
  // Throws where no slide could be cut so.
  const { tile: size, expansion, downsample, mpp = 1 } = options;
  planTiles({ width: 1, height: 1, mpp: { x: mpp, y: mpp } }, {
    size,
    expansion,
    ...(options.mpp === undefined ? { downsample } : { mpp }),
  });
  await makeFolder(options.out);
  await allowHosts(options.slides);

  let model: Model | undefined;
  let failed = 0;
  const report = (error: unknown) => {
    signal.throwIfAborted();
    model?.gpu.check(); // nothing goes on without the device
    failed++;
    console.error(`tilewise: ${oneLine(error)}`);
  };
  const names = new Set<string>();
  try {
    for (const path of options.slides) {
      let opened: Slide;
      try {
        opened = await openSlide(path, {
          mpp: options.slideMpp,
          remote: options.timeout ? { timeout: options.timeout * 1000 } : {},
          signal,
        });
      } catch (error) {
        report(error);
        continue;
      }
      await using slide = opened;
      model ??= await loadTunedModel(options, { signal });
      try {
        claimName(names, slide.name);
        const summary = await inferSlide(slide, model, { options, signal });
        if (!options.quiet) console.log(describe(summary, options));
      } catch (error) {
        report(error);
      }
    }
  } finally {
    await model?.[Symbol.asyncDispose]();
  }
  return failed > 0 ? 1 : 0;
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw new Error(
      `Cannot write results as the output folder cannot be made: received "${path}" (${
        (cause as Error).message
      })`,
      { cause },
    );
  }
}

/** Results are named after slides, so a second slide of a name would replace the first one's. */
function claimName(names: Set<string>, name: string): void {
  if (names.has(name)) {
    throw new RangeError(
      `Cannot write results as each slide needs a name of its own: received "${name}" twice`,
    );
  }
  names.add(name);
}

function describe(
  { slide, objects, positiveFraction, tiles, milliseconds }: MaskSummary,
  { out }: InferOptions,
): string {
  const count = `${objects.count} object${objects.count === 1 ? "" : "s"}`;
  const share = (positiveFraction * 100).toPrecision(3);
  const seconds = ((milliseconds?.total ?? 0) / 1000).toPrecision(3);
  return `${slide.name}: ${count}, ${share} % of ${slide.width} × ${slide.height} px, ` +
    `${tiles.seen} tiles (${tiles.skipped} without tissue) in ${seconds} s: ${out}/${slide.name}.*`;
}
