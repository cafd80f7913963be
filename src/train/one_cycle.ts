/** How {@linkcode oneCycle} goes; PyTorch's names in camel case. */
export interface OneCycleOptions {
  /** Updates of the whole run. */
  readonly steps: number;
  /** The highest learning rate. Default: 1e-4. */
  readonly maxLearningRate?: number;
  /** Share of the steps in which the rate rises. Default: 0.2. */
  readonly percentStart?: number;
  /** The first rate is the highest over this. Default: 100. */
  readonly divFactor?: number;
  /** The last rate is the first over this. Default: 1e4. */
  readonly finalDivFactor?: number;
  /** Adam's beta1 at the highest rate. Default: 0.85. */
  readonly baseMomentum?: number;
  /** Adam's beta1 at both ends. Default: 0.95. */
  readonly maxMomentum?: number;
}

/** What the schedule sets for one update. */
export interface OneCycleStep {
  /** The learning rate. */
  readonly learningRate: number;
  /** Adam's beta1. */
  readonly beta1: number;
}

/**
 * The one-cycle schedule: the learning rate rises along a cosine to its highest and falls along another to nearly nothing,
 * while beta1 goes the other way. Equal to PyTorch's `OneCycleLR` with `anneal_strategy="cos"`, stepped after every update.
 *
 * Source: Smith, Topin 2017, arXiv 1708.07120.
 *
 * @returns what is set for an update, by its index from 0; indices past the last get the last one's.
 * @throws {RangeError} where an option is out of range.
 *
 * @example
 * ```ts
 * import { oneCycle } from "@tilewise/tilewise/train";
 *
 * const schedule = oneCycle({ steps: 100 });
 * console.assert(schedule(0).learningRate === 1e-6);
 * console.assert(schedule(19).learningRate === 1e-4);
 * ```
 */
export function oneCycle(
  options: OneCycleOptions,
): (step: number) => OneCycleStep {
  const { steps, maxLearningRate = 1e-4, percentStart = 0.2 } = options;
  const { divFactor = 100, finalDivFactor = 1e4 } = options;
  const { baseMomentum = 0.85, maxMomentum = 0.95 } = options;
  const rules: [string, number, boolean, string][] = [
    ["steps", steps, Number.isInteger(steps) && steps > 0, "positive integer"],
    [
      "percentStart",
      percentStart,
      percentStart >= 0 && percentStart <= 1,
      "number in 0..1",
    ],
    ...Object.entries({ maxLearningRate, divFactor, finalDivFactor }).map((
      [name, value],
    ): [string, number, boolean, string] => [
      name,
      value,
      value > 0 && Number.isFinite(value),
      "positive number",
    ]),
    ...Object.entries({ baseMomentum, maxMomentum }).map((
      [name, value],
    ): [string, number, boolean, string] => [
      name,
      value,
      value >= 0 && value < 1,
      "number in 0..1, below 1",
    ]),
  ];
  for (const [name, value, holds, rule] of rules) {
    if (holds) continue;
    throw new RangeError(
      `Cannot plan learning rates as ${name} must be a ${rule}: received ${value}`,
    );
  }
  const first = maxLearningRate / divFactor;
  const last = first / finalDivFactor;
  const top = percentStart * steps - 1; // a fraction of a step, as in PyTorch
  const end = steps - 1;
  return (step) => {
    const rising = step <= top;
    const share = rising
      ? shareOf(step, 0, top)
      : shareOf(Math.min(step, end), top, end);
    return rising
      ? {
        learningRate: anneal(first, maxLearningRate, share),
        beta1: anneal(maxMomentum, baseMomentum, share),
      }
      : {
        learningRate: anneal(maxLearningRate, last, share),
        beta1: anneal(baseMomentum, maxMomentum, share),
      };
  };
}

/** How far `step` is from one step to another; a phase of one step is at its end. */
function shareOf(step: number, from: number, to: number): number {
  return to > from ? (step - from) / (to - from) : 1;
}

/** From one value to another along half a cosine. */
function anneal(from: number, to: number, share: number): number {
  return to + (from - to) / 2 * (Math.cos(Math.PI * share) + 1);
}
