const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A number with three significant digits and separators, as people read it: never by its power of ten. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return (Math.abs(value) >= 100 ? whole : short).format(value);
}

const exact = new Intl.NumberFormat("en", { maximumSignificantDigits: 9 });

/** A round number in full, as axes have it. */
export function formatTick(value: number): string {
  return exact.format(value);
}

/** A number with three significant digits, as legends have it. */
export function shortNumber(value: number): string {
  return short.format(value);
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
