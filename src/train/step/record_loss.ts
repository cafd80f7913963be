import type { BufferRange } from "../../gpu/gpu.ts";
import {
  bceOfClasses,
  bceWithLogits,
  type ClassLogits,
  classLossWorkgroups,
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
}

/**
 * Records the loss of a batch and its gradient: of sigmoids the binary cross-entropy, the mean over the classes; of a
 * softmax the cross-entropy and the Dice loss.
 */
export function recordLoss(
  tape: Tape,
  size: ClassLogits,
  { registers, logits, masks, gradient, precision, activation }: LossParts,
): void {
  const { control, weight, loss: result } = registers;
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
  const length = isOne ? lossWorkgroups({ count }) : classLossWorkgroups(size);
  const partial = { name: "loss.sums", bytes: length * 4 };
  const program = isOne
    ? bceWithLogits.program({ count }, precision)
    : bceOfClasses.program(size, precision);
  tape.add("loss", program, { ...inputs, control, weight, gradient, partial });
  tape.add("loss.mean", mean.program({ length, count }), {
    values: partial,
    result,
  });
}
