import { formatCount, formatNumber } from "../../src/report/markup.ts";

/** Micrometers per pixel. */
export interface Mpp {
  readonly x: number;
  readonly y: number;
}

/** An area in µm² or mm² if the scale is known, else in pixels. */
export function formatArea(pixels: number, mpp?: Mpp): string {
  if (!mpp) return `${formatCount(pixels)} px`;
  const area = pixels * mpp.x * mpp.y;
  return area < 1e5
    ? `${formatNumber(Number(area.toPrecision(3)))} µm²`
    : `${Number((area / 1e6).toPrecision(3))} mm²`;
}

/** A length in µm or mm if the scale is known, else in pixels. */
export function formatLength(pixels: number, mpp?: Mpp): string {
  if (!mpp) return `${formatNumber(pixels)} px`;
  const length = pixels * mpp.x;
  return length < 1000
    ? `${Number(length.toPrecision(3))} µm`
    : `${Number((length / 1000).toPrecision(3))} mm`;
}

/** Minutes and seconds. */
export function formatTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** A threshold with two decimal places, or as many as it has. */
export function formatThreshold(threshold: number): string {
  return threshold.toFixed(Math.max(2, `${threshold}`.length - 2));
}
