import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";

type Scale = Pick<NetworkTraining, "mpp" | "downsample">;

/** A scale as text; `usual` is the default downsample. */
export function scaleOf(
  { mpp, downsample }: Scale,
  usual?: number,
): string | undefined {
  if (mpp !== undefined) return `${short(mpp)} µm/px`;
  const factor = downsample ?? usual;
  return factor === undefined ? undefined : `downsample ${short(factor)}`;
}

/** Whether both are in micrometers per pixel, or both factors. */
export function sameKind(a: Scale, b: Scale): boolean {
  if (scaleOf(a) === undefined) return false;
  return (a.mpp === undefined) === (b.mpp === undefined);
}

/** Minimum and maximum micrometers per tile pixel; `undefined` if unknown. */
export function tileMppOf(
  { mpp, downsample, slideMpp }: NetworkTraining,
): [number, number] | undefined {
  if (mpp !== undefined) return [mpp, mpp];
  if (!slideMpp || downsample === undefined) return undefined;
  return [slideMpp[0] * downsample, slideMpp[1] * downsample];
}

/** Minimum and maximum micrometers per pixel as text. */
export function range([least, most]: readonly [number, number]): string {
  const [from, to] = [short(least), short(most)];
  return from === to ? `${from} µm/px` : `${from} to ${to} µm/px`;
}

/** A number with four significant digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A warning if slides are cut by one factor although their scales differ by more than 10 %. */
export function mixedScales({ mpp, slideMpp }: NetworkTraining): string[] {
  if (mpp !== undefined || !slideMpp || slideMpp[1] <= slideMpp[0] * 1.1) {
    return [];
  }
  return [
    `slides have ${
      range(slideMpp)
    }, so --downsample cuts tiles at different scales; use --mpp`,
  ];
}
