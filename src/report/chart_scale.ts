/** An axis: what is written on it, and where values lie. */
export interface ChartScale {
  readonly ticks: readonly number[];
  /** 0 at its beginning, 1 at its end. */
  place(value: number): number;
}

/** From 0 to a round value that is not less than any. */
export function linearScale(values: readonly number[]): ChartScale {
  const high = Math.max(...values, 1e-12);
  const ticks = roundTicks(high);
  return { ticks, place: (value) => value / ticks.at(-1)! };
}

/** Between the round values around all of them, so that what differs little is told apart too. */
export function fittedScale(values: readonly number[]): ChartScale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (!Number.isFinite(least)) return linearScale(values);
  const range = most - least || Math.abs(most) / 50 || 1;
  const power = 10 ** Math.floor(Math.log10(range / 4));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power * 5 >= range)! *
    power;
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9));
  return {
    ticks: Array.from(
      { length: last - first + 1 },
      (_, i) => (first + i) * step,
    ),
    place: (value) => (value / step - first) / (last - first),
  };
}

/** From `low` to `high`, with those of the round values between them; whole ones where `low` is none of them. */
export function fixedScale(low: number, high: number): ChartScale {
  const ticks = roundTicks(high, low > 0).filter((tick) =>
    tick > low && tick <= high * 1.001
  );
  return {
    ticks: [low, ...ticks],
    place: (value) => (value - low) / (high - low),
  };
}

/** Between two of the values 1, 2 and 5 times a power of ten, spread by the logarithm. */
export function logScale(values: readonly number[]): ChartScale {
  const marks: number[] = [];
  for (let power = -8; power <= 4; power++) {
    for (const digit of [1, 2, 5]) marks.push(digit * 10 ** power);
  }
  const low = marks.findLast((mark) => mark <= Math.min(...values)) ?? marks[0];
  const high =
    marks.find((mark) => mark >= Math.max(...values) && mark > low) ?? low * 2;
  const within = marks.filter((mark) => mark >= low && mark <= high);
  const every = Math.ceil(within.length / 6);
  return {
    ticks: within.filter((_, i) => i % every === 0),
    place: (value) => Math.log(value / low) / Math.log(high / low),
  };
}

/** Four to six round values from 0 to one that is not less than `high`. */
function roundTicks(high: number, whole = false): number[] {
  const power = 10 ** Math.floor(Math.log10(high / 4));
  const digits = whole ? [1, 2, 5, 10] : [1, 2, 2.5, 5, 10];
  const least = digits.find((one) => one * power * 5 >= high)! * power;
  const step = whole ? Math.max(1, least) : least;
  return Array.from(
    { length: Math.ceil(high / step - 1e-9) + 1 },
    (_, i) => i * step,
  );
}
