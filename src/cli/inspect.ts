import { pngFile } from "../io/encode_png.ts";
import { inspectSlide, type SlideInspection } from "../slide/inspect_slide.ts";
import { openSlide } from "../slide/open_slide.ts";
import { allowFiles } from "./allow_files.ts";
import { allowSources } from "./allow_sources.ts";
import { describeInspection } from "./describe_inspection.ts";
import {
  inspectHelp,
  type InspectOptions,
  parseInspectOptions,
} from "./inspect_options.ts";
import { listSlides } from "./list_slides.ts";
import { makeFolder } from "./make_folder.ts";
import { oneLine } from "./one_line.ts";
import { shownSource } from "./shown_source.ts";

/**
 * The command `inspect`: says what slides' files hold, and what is made of them.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense.
 */
export async function inspect(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = parseInspectOptions(args);
  if (!options) {
    console.log(inspectHelp);
    return 0;
  }
  const { json, associated, page, sampleRange } = options;
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  if (associated) {
    await allowFiles([associated], { action: "write pictures", write: true });
  }
  await using _folder = associated
    ? await makeFolder(associated, "the pictures")
    : undefined;
  const found: (SlideInspection & { readonly source: string })[] = [];
  let failed = 0;
  for (const { source, error } of slides) {
    try {
      if (error !== undefined) throw error;
      const inspection = await inspectSlide(source, {
        page,
        sampleRange,
        signal,
      });
      if (inspection.problem !== undefined) failed++;
      const shown = shownSource(source);
      found.push({ source: shown, ...inspection });
      if (!json) console.log(describeInspection(shown, inspection) + "\n");
      if (associated) await writePictures(source, inspection, options, signal);
    } catch (error) {
      signal.throwIfAborted();
      failed++;
      console.error(`tilewise: ${oneLine(error)}`);
    }
  }
  if (json) console.log(JSON.stringify(found, null, 2));
  return failed > 0 ? 1 : 0;
}

/** Writes the pictures beside a slide as PNG. */
async function writePictures(
  source: string,
  { name, associated }: SlideInspection,
  { associated: folder }: InspectOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const picture of associated) {
    const page = Number(picture.page.match(/^page (\d+)$/)?.[1]);
    await using slide = await openSlide(source, { page, signal });
    const { width, height } = slide;
    const pixels = await slide.readRegion({ x: 0, y: 0, width, height });
    const file = await pngFile({ width, height, channels: 3 }, pixels);
    await Deno.writeFile(`${folder}/${name}.${picture.name}.png`, file);
  }
}
