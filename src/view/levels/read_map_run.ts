import type { MaskClass } from "../../io/classes.ts";
import { MAX_SUMMARY_BYTES } from "../../io/limits.ts";
import { readText } from "../../io/read_text.ts";
import type { MaskSummary } from "../../masks/summarize_mask.ts";
import type { MapRun } from "./open_levels.ts";

/**
 * Finds what the run that wrote a probability map did with it, in `NAME.json` beside `NAME.probability.tif` or
 * `NAME.probability-1.tif`; `undefined` if that is not there, may not be read, or says it not.
 *
 * @param paths The maps, one per class.
 */
export async function readMapRun(
  paths: readonly string[],
): Promise<MapRun | undefined> {
  const [, place, number] = /^([^]+)\.probability(?:-(\d{1,3}))?\.tif$/i
    .exec(paths[0]) ?? [];
  if (place === undefined) return undefined;
  const path = `${place}.json`;
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") return undefined;
  let summary: MaskSummary;
  try {
    summary = JSON.parse(await readText(path, { most: MAX_SUMMARY_BYTES }));
  } catch {
    return undefined; // as if there were none
  }
  const { threshold, minArea, simplify, class: name } = summary?.settings ?? {};
  const area = /^(\d+(?:\.\d+)?(?:e-?\d+)?) (µm²|px)$/.exec(String(minArea));
  if (typeof threshold !== "number" || typeof simplify !== "number" || !area) {
    return undefined;
  }
  const of = summary.classes ?? [];
  const classes: MaskClass[] = number === undefined
    ? [{ name: String(name) }]
    : paths.length > 1
    ? of.map(({ name, color }) => ({ name, color }))
    : of.slice(Number(number) - 1, Number(number));
  if (classes.length !== paths.length) return undefined;
  const [value, mpp] = [Number(area[1]), summary.slide?.mpp];
  // A run refuses areas in µm² if it does not know the scale.
  const pixel = area[2] === "px" || value === 0 ? 1 : mpp && mpp.x * mpp.y;
  if (!pixel) return undefined;
  return { ...{ threshold, simplify, classes }, minArea: value / pixel };
}
