import type { MaskSummary } from "../masks/summarize_mask.ts";

/** What a batch's index shows of a slide; each slide's page holds its own. */
export interface ReportEntry {
  /** The slide's name. */
  readonly name: string;
  /** Its width in pixels. */
  readonly width: number;
  /** Its height in pixels. */
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
  /** A small picture, as a data URL; none where the slide has no page. */
  readonly thumbnail?: string;
}

/** What a batch's index shows of a slide, by its summary. */
export function reportEntry(
  { slide, objects, positiveFraction, milliseconds }: MaskSummary,
): ReportEntry {
  return {
    name: slide.name,
    width: slide.width,
    height: slide.height,
    objects: objects.count,
    ...(objects.count > 0 && { medianPx: objects.areaPx.median }),
    ...(objects.areaUm2 && { medianUm2: objects.areaUm2.median }),
    positiveFraction,
    milliseconds: milliseconds?.total ?? 0,
  };
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

/** Reads the entry of a page in a file; `undefined` where there is no such page. */
export async function readEntryOf(
  path: string,
): Promise<ReportEntry | undefined> {
  return readReportEntry(await readHead(path));
}

/** The first part of a file, as much as holds a page's entry; empty where there is none. */
async function readHead(path: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(1 << 16);
    while (text.length < HEAD) {
      const count = await file.read(bytes);
      if (count === null) break;
      text += decoder.decode(bytes.subarray(0, count), { stream: true });
    }
  } catch {
    return "";
  }
  return text;
}
