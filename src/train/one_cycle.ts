import { cannot } from "../errors/cannot.ts";
/**
 * Options for {@linkcode oneCycle}: those of PyTorch, in camel case.
 *
 * @category Training loop
 */
export interface OneCycleOptions {
  /** Number of updates in the run. */
  readonly steps: number;
  /** Maximum learning rate. Default: 1e-4. */
  readonly maxLearningRate?: number;
  /** Fraction of the steps in which the learning rate rises. Default: 0.2. */
  readonly percentStart?: number;
  /** Maximum learning rate over the initial one. Default: 100. */
  readonly divFactor?: number;
  /** Initial learning rate over the final one. Default: 1e4. */
  readonly finalDivFactor?: number;
  /** Adam's beta1 at the maximum learning rate. Default: 0.85. */
  readonly baseMomentum?: number;
  /** Adam's beta1 at the start and the end. Default: 0.95. */
  readonly maxMomentum?: number;
}

/**
 * The schedule's settings for one update.
 *
 * @category Training loop
 */
export interface OneCycleStep {
  /** The learning rate. */
  readonly learningRate: number;
  /** Adam's beta1. */
  readonly beta1: number;
}

/**
 * The one-cycle schedule: the learning rate rises along a cosine to its maximum and falls along another to nearly zero,
 * while beta1 does the opposite. Equal to PyTorch's `OneCycleLR` with `anneal_strategy="cos"`, stepped after each update.
 *
 * Source: Smith, Topin 2017, arXiv 1708.07120.
 *
 * @returns a function from an update's index, from 0, to its settings; indices after the last give the last settings.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { oneCycle } from "@tilewise/tilewise/train";
 *
 * const schedule = oneCycle({ steps: 100 });
 * console.assert(schedule(0).learningRate === 1e-6);
 * console.assert(schedule(19).learningRate === 1e-4);
 * ```
 *
 * @category Training loop
 */
export function oneCycle(
  options: OneCycleOptions,
): (step: number) => OneCycleStep {
  const { steps, maxLearningRate = 1e-4, percentStart = 0.2 } = options;
  const { divFactor = 100, finalDivFactor = 1e4 } = options;
  const { baseMomentum = 0.85, maxMomentum = 0.95 } = options;
  const rules: [string, number, boolean, string][] = [
    [
      "steps",
      steps,
      Number.isInteger(steps) && steps > 0,
      "a positive integer",
    ],
    [
      "percentStart",
      percentStart,
      percentStart >= 0 && percentStart <= 1,
      "a number from 0 to 1",
    ],
    ...Object.entries({ maxLearningRate, divFactor, finalDivFactor }).map((
      [name, value],
    ): [string, number, boolean, string] => [
      name,
      value,
      value > 0 && Number.isFinite(value),
      "a positive number",
    ]),
    ...Object.entries({ baseMomentum, maxMomentum }).map((
      [name, value],
    ): [string, number, boolean, string] => [
      name,
      value,
      value >= 0 && value < 1,
      "a number from 0 to below 1",
    ]),
  ];
  for (const [name, value, holds, rule] of rules) {
    if (holds) continue;
    throw cannot("plan learning rates", `${name} must be ${rule}`, {
      received: value,
      kind: RangeError,
    });
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

/** Progress of `step` between two steps, from 0 to 1; 1 in a phase of a single step. */
function shareOf(step: number, from: number, to: number): number {
  return to > from ? (step - from) / (to - from) : 1;
}

/** Interpolates two values along half a cosine. */
function anneal(from: number, to: number, share: number): number {
  return to + (from - to) / 2 * (Math.cos(Math.PI * share) + 1);
}
