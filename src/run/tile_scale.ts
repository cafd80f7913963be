import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";

type Scale = Pick<NetworkTraining, "mpp" | "downsample">;

/** A scale in words; `usual` is the downsample where nothing says one. */
export function scaleOf(
  { mpp, downsample }: Scale,
  usual?: number,
): string | undefined {
  if (mpp !== undefined) return `${short(mpp)} µm/px`;
  const factor = downsample ?? usual;
  return factor === undefined ? undefined : `downsample ${short(factor)}`;
}

/** Whether both are by micrometers, or both by a factor. */
export function sameKind(a: Scale, b: Scale): boolean {
  if (scaleOf(a) === undefined) return false;
  return (a.mpp === undefined) === (b.mpp === undefined);
}

/** The least and the most micrometers per tile pixel; `undefined` where it is not known. */
export function tileMppOf(
  { mpp, downsample, slideMpp }: NetworkTraining,
): [number, number] | undefined {
  if (mpp !== undefined) return [mpp, mpp];
  if (!slideMpp || downsample === undefined) return undefined;
  return [slideMpp[0] * downsample, slideMpp[1] * downsample];
}

/** The least and the most micrometers per pixel in words. */
export function range([least, most]: readonly [number, number]): string {
  const [from, to] = [short(least), short(most)];
  return from === to ? `${from} µm/px` : `${from} to ${to} µm/px`;
}

/** A number of four digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** What is said of slides that are cut by one factor though they differ in scale by more than 10 %; nothing where all is well. */
export function mixedScales({ mpp, slideMpp }: NetworkTraining): string[] {
  if (mpp !== undefined || !slideMpp || slideMpp[1] <= slideMpp[0] * 1.1) {
    return [];
  }
  return [
    `slides are of ${
      range(slideMpp)
    }, and --downsample cuts tiles of as many scales: --mpp cuts all alike`,
  ];
}
