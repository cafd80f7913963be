import type { BufferRange } from "../../gpu/gpu.ts";
import {
  bceOfClasses,
  bceWithLogits,
  type ClassLogits,
  classLossWorkgroups,
  countKnown,
  lossWorkgroups,
  mean,
  softmaxGradient,
  softmaxSumBytes,
  softmaxSums,
  softmaxTotalBytes,
  softmaxTotals,
} from "../../kernels/loss.ts";
import type { Activation } from "../../io/classes.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { StepRegisters } from "./step_registers.ts";
import type { Operand, Tape } from "./tape.ts";

/** What the loss is recorded with. */
interface LossParts {
  readonly registers: StepRegisters;
  readonly logits: BufferRange;
  readonly masks: BufferRange;
  /** The gradient of the logits, to be written. */
  readonly gradient: Operand;
  readonly precision: Precision;
  readonly activation: Activation;
  /** Whether masks may have unknown pixels. */
  readonly hasUnknown?: boolean;
}

/**
 * Records the loss of a batch and its gradient: of sigmoids the binary cross-entropy, the mean over the classes; of a
 * softmax the cross-entropy and the Dice loss; of known pixels only.
 */
export function recordLoss(
  tape: Tape,
  logitsSize: ClassLogits,
  { registers, logits, masks, gradient, precision, activation, hasUnknown }:
    LossParts,
): void {
  const { control, weight, loss: result } = registers;
  const size = { ...logitsSize, hasUnknown };
  const inputs = { logits, target_mask: masks };
  if (activation === "softmax") {
    const partial = { name: "loss.sums", bytes: softmaxSumBytes(size) };
    const totals = { name: "loss.totals", bytes: softmaxTotalBytes(size) };
    tape.add("loss.sums", softmaxSums.program(size, precision), {
      ...inputs,
      partial,
    });
    tape.add("loss", softmaxTotals.program(size), { partial, totals, result });
    tape.add("loss.gradient", softmaxGradient.program(size, precision), {
      ...inputs,
      ...{ totals, control, weight, gradient },
    });
    return;
  }
  const count = size.images * size.pixels * size.channels;
  const isOne = size.channels === 1;
  const known = hasUnknown && recordKnown(tape, size, masks);
  const more = known ? { known } : undefined;
  const length = isOne ? lossWorkgroups({ count }) : classLossWorkgroups(size);
  const partial = { name: "loss.sums", bytes: length * 4 };
  const program = isOne
    ? bceWithLogits.program({ count, hasUnknown }, precision)
    : bceOfClasses.program(size, precision);
  tape.add("loss", program, {
    ...inputs,
    ...{ control, weight, gradient, partial },
    ...more,
  });
  const divisor = hasUnknown ? size.channels : count;
  tape.add("loss.mean", mean.program({ length, count: divisor, hasUnknown }), {
    values: partial,
    result,
    ...more,
  });
}

/** Records the count of known pixels. */
function recordKnown(
  tape: Tape,
  { images, pixels }: ClassLogits,
  masks: BufferRange,
): Operand {
  const count = images * pixels;
  const length = lossWorkgroups({ count });
  const partial = { name: "loss.known.sums", bytes: length * 4 };
  const known = { name: "loss.known", bytes: 4 };
  tape.add("loss.known.sums", countKnown.program({ count }), {
    target_mask: masks,
    partial,
  });
  tape.add("loss.known", mean.program({ length, count: 1 }), {
    values: partial,
    result: known,
  });
  return known;
}
