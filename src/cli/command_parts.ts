import { type OptionsOf, toggle } from "../options/option.ts";

/** What ends help of commands over slides. */
export const EXIT_CODES =
  `Ends with 0 when all slides are done, 1 when any failed, 2 when the command line
makes no sense, 130 after Ctrl-C.`;

/** Keeps a command from telling how far it is. */
export const quietOption: OptionsOf<{ readonly quiet: boolean }> = {
  quiet: toggle({ help: "print errors only", affects: false }),
};

/** The commands' arguments that are listed as those of `infer`. */
export const SLIDES = [
  "SLIDE...",
  "slides, folders of them, patterns or a CSV, as for infer; a slide's name " +
  "without the ending is its labels' id",
] as const;
