import type { MaskClass } from "../io/classes.ts";
import { csvField } from "../io/csv.ts";
import type { EpochRecord } from "../train/train_event.ts";

/** The columns of the log; several classes have one each. */
export function logHeader(classes: readonly MaskClass[] = []): string {
  const names = classes.map(({ name }) => csvField(`dice_${name}`));
  return ["epoch,train_loss,val_loss,dice_coef", ...names].join(",");
}

/** An epoch as a line of the log. */
export function logLine(
  { epoch, trainLoss, valLoss, dice, classDice = [] }: EpochRecord,
): string {
  return [
    epoch,
    ...[trainLoss, valLoss, dice, ...classDice].map((value) =>
      value?.toFixed(6) ?? ""
    ),
  ].join(",");
}
