import type { OpenLabelsOptions } from "../labels/open_labels.ts";
import type { LabelOptions } from "../options/labels.ts";

/** The class or the classes of a command's options, as labels are opened with them. */
export function requestedClasses(
  { classification, ignoredClasses, preferred }:
    & Pick<LabelOptions, "classification" | "ignoredClasses">
    & Pick<OpenLabelsOptions, "preferred">,
): Pick<
  OpenLabelsOptions,
  "classification" | "preferred" | "classes" | "ignored"
> {
  return typeof classification === "object"
    ? { classes: classification, ignored: ignoredClasses }
    : { classification, preferred };
}
