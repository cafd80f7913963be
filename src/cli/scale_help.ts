/** What `--help` says of the options that `OptionValues.scale()` reads. */
export const scaleHelp =
  `  --downsample N        slide pixels per tile pixel, as means of the finest
                        level (default: 2)
  --mpp N               instead: micrometres per tile pixel, resampled from the
                        nearest finer level
  --slide-mpp N         micrometres per slide pixel, where slides do not say it
                        or are wrong`;

/** What `--help` says of the options that `OptionValues.opening()` reads. */
export const openingHelp =
  `  --page N              the page that is the slide, from 0, of files that hold
                        several (default: what the format says)
  --sample-range A,B    the values of a sample that are black and white, of
                        floats and wide integers (default: what the file says)`;
