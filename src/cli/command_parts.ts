import { type OptionsOf, toggle } from "../options/option.ts";

/** The end of help of commands over slides. */
export const EXIT_CODES =
  `Exit code: 0 if all slides are done, 1 if any failed, 2 if the command line is
invalid, 130 after Ctrl-C.`;

/** Turns progress off. */
export const quietOption: OptionsOf<{ readonly quiet: boolean }> = {
  quiet: toggle({ help: "print errors only", affects: false }),
};

/** The slides of commands that take them as `infer` does. */
export const SLIDES = [
  "SLIDE...",
  "slides, folders, patterns or a CSV, as for infer; the name of a slide " +
  "without its extension is the id of its labels",
] as const;
