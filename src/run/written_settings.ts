import { dirname, join } from "node:path";
import type { MinArea } from "../options/output.ts";
import type { Slide } from "../slide/slide.ts";

/** Settings of the run that wrote a slide's results, as far as they are known. */
export interface WrittenSettings {
  /** Probability above which a pixel is in the mask. */
  readonly threshold?: number;
  /** Minimum object area; smaller objects are in the mask, and count as none. */
  readonly minArea?: MinArea;
  /** Pixels of which the networks disagreed. */
  readonly disagreementPx?: number;
}

/**
 * The settings of the run that wrote a slide's results, recorded in `NAME.json`; none if that cannot be read.
 *
 * @param path The folder of the results, or one of its files.
 */
export async function writtenSettings(
  path: string,
  name: string,
): Promise<WrittenSettings> {
  try {
    const { isDirectory } = await Deno.stat(path);
    const folder = isDirectory ? path : dirname(path);
    const text = await Deno.readTextFile(join(folder, `${name}.json`));
    const { settings, uncertainty } = JSON.parse(text) ?? {};
    const { threshold, minArea } = settings ?? {};
    const disagreementPx = uncertainty?.disagreementPx;
    const [, value, unit] =
      /^([\d.]+) (px|µm²)$/.exec(String(minArea).slice(0, 40)) ?? [];
    const known = (value: unknown) =>
      typeof value === "number" ? value : undefined;
    return {
      threshold: known(threshold),
      disagreementPx: known(disagreementPx),
      minArea: unit && Number.isFinite(Number(value))
        ? { value: Number(value), unit: unit as MinArea["unit"] }
        : undefined,
    };
  } catch {
    return {}; // reported where it matters
  }
}

/**
 * The minimum area of predicted objects in a slide's pixels: the given one, else that of the run or the model, so that as many
 * objects count as `infer` wrote.
 *
 * @param given In pixels.
 */
export function leastArea(
  { mpp }: Pick<Slide, "mpp">,
  { given, usual, notes }: {
    readonly given?: number;
    readonly usual?: MinArea;
    /** Gets a line if it is unknown. */
    readonly notes: string[];
  },
): number {
  if (given !== undefined || !usual) return given ?? 0;
  const { value, unit } = usual;
  if (unit === "px" || value === 0) return value;
  if (mpp) return value / (mpp.x * mpp.y);
  notes.push(
    `predicted objects of any area count: the minimum of ${value} µm² needs the scale of the slide; use --slide-mpp, or --min-area in pixels`,
  );
  return 0;
}
