/** What a batch's index shows of a slide; each slide's page holds its own. */
export interface ReportEntry {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** How many objects were found. */
  readonly objects: number;
  /** Their median area in pixels; none where nothing was found. */
  readonly medianPx?: number;
  /** Their median area in µm², where the slide's scale is known. */
  readonly medianUm2?: number;
  /** Share of the slide's pixels that are foreground. */
  readonly positiveFraction: number;
  /** Milliseconds of the run. */
  readonly milliseconds: number;
  /** A small picture, as a data URL. */
  readonly thumbnail: string;
}

const START = '<script type="application/json" id="data">';
/** Characters within which a page's entry ends; thumbnails are some tens of thousands. */
const HEAD = 1 << 18;

/** Reads the entry of a page that `slideReport()` made; `undefined` where there is none. */
export function readReportEntry(page: string): ReportEntry | undefined {
  const head = page.slice(0, HEAD);
  const start = head.indexOf(START);
  const end = head.indexOf("</script>", start);
  if (start < 0 || end < 0) return undefined;
  try {
    return JSON.parse(head.slice(start + START.length, end));
  } catch {
    return undefined;
  }
}
