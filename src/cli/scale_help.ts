/** What `--help` says of the options that `OptionValues.scale()` reads. */
export const scaleHelp =
  `  --downsample N        slide pixels per tile pixel, as means of the finest
                        level (default: 2)
  --mpp N               instead: micrometres per tile pixel, resampled from the
                        nearest finer level
  --slide-mpp N         micrometres per slide pixel, where slides do not say it
                        or are wrong`;
