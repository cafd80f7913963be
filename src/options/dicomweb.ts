import { UsageError } from "../errors/cannot.ts";
import { type OptionsOf, text } from "./option.ts";

/** A slide on a DICOMweb server, on the command line. */
export interface DicomWebOptions {
  /** The URL of the service. */
  readonly dicomweb?: string;
  /** The UID of the study. */
  readonly study?: string;
  /** The UID of the series. */
  readonly series?: string;
}

/** The options of commands that take slides. */
export const dicomwebOptions: OptionsOf<DicomWebOptions> = {
  dicomweb: text({
    value: "URL",
    help: "a slide on a DICOMweb server: the URL of the service, with",
  }),
  study: text({ value: "UID", help: "the study's UID and" }),
  series: text({ value: "UID", help: "the series' UID" }),
};

/**
 * The URL of the series that the options name; `undefined` if they name none.
 *
 * @throws {UsageError} If they are not complete.
 */
export function seriesOf(
  { dicomweb, study, series }: DicomWebOptions,
): string | undefined {
  const given = [dicomweb, study, series];
  if (given.every((value) => value === undefined)) return undefined;
  if (given.some((value) => value === undefined)) {
    throw new UsageError("--dicomweb, --study and --series go together");
  }
  for (const [flag, uid] of [["study", study!], ["series", series!]]) {
    if (/^\d+(\.\d+)*$/.test(uid)) continue;
    throw new UsageError(`--${flag} must be a UID, received "${uid}"`);
  }
  if (!/^https?:/i.test(dicomweb!) || !URL.canParse(dicomweb!)) {
    throw new UsageError(
      `--dicomweb must be an http or https URL, received "${dicomweb}"`,
    );
  }
  const url = new URL(dicomweb!);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = `${path}/studies/${study}/series/${series}`;
  return url.href;
}
