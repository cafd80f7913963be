import { pngFile } from "../io/encode_png.ts";
import type { SlideInspection } from "../slide/inspect_slide.ts";
import { openSlide } from "../slide/open_slide.ts";

/** How {@linkcode writeAssociated} works. */
export interface WriteAssociatedOptions {
  /** The folder that gets `NAME.label.png` and so on; it must be there. */
  readonly out: string;
  /** Ends the work early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Writes the pictures beside a slide (label, macro, thumbnail), which `inspectSlide()` found, as PNG. Deno only.
 *
 * @throws {Error} If one cannot be read or written.
 */
export async function writeAssociated(
  source: string,
  { name, associated }: Pick<SlideInspection, "name" | "associated">,
  { out, signal }: WriteAssociatedOptions,
): Promise<void> {
  for (const picture of associated) {
    const page = Number(picture.page.match(/^page (\d+)$/)?.[1]);
    await using slide = await openSlide(source, { page, signal });
    const { width, height } = slide;
    const pixels = await slide.readRegion({ x: 0, y: 0, width, height });
    const file = await pngFile({ width, height, channels: 3 }, pixels);
    await Deno.writeFile(`${out}/${name}.${picture.name}.png`, file);
  }
}
