const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A number with three significant digits and separators, as people read it. */
export function formatNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return whole.format(value);
  return String(Number(value.toPrecision(3)));
}

/** A number with three significant digits, as axes and legends have it: small ones by their power of ten. */
export function shortNumber(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3
    ? Number(value.toPrecision(2)).toExponential()
    : String(Number(value.toPrecision(3)));
}

/** A whole number with separators. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** An area in µm², in mm² where that reads better. */
export function formatArea(um2: number): string {
  return um2 >= 1e5
    ? `${formatNumber(um2 / 1e6)} mm²`
    : `${formatNumber(um2)} µm²`;
}

/** Milliseconds as people say them. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${formatNumber(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const rest = String(Math.round(seconds) % 60).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${rest} min`;
  return `${Math.floor(minutes / 60)}:${
    String(minutes % 60).padStart(2, "0")
  }:${rest} h`;
}
