import { isAbsent } from "../io/is_absent.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";

/**
 * A slide in the index of a batch; the slide's page holds it.
 *
 * @category Reports
 */
export interface ReportEntry {
  /** The slide's name. */
  readonly name: string;
  /** Its width in pixels. */
  readonly width: number;
  /** Its height in pixels. */
  readonly height: number;
  /** Number of objects. */
  readonly objects: number;
  /** Median area of the objects in pixels, if there are any. */
  readonly medianPx?: number;
  /** Median area of the objects in µm², if the slide's scale is known. */
  readonly medianUm2?: number;
  /** Share of the slide's pixels that are foreground, or of the region's that was looked at. */
  readonly positiveFraction: number;
  /** Pixels whose probability is near the threshold, if known. */
  readonly uncertainPx?: number;
  /** The same in µm², if the slide's scale is known. */
  readonly uncertainUm2?: number;
  /** Pixels that some networks find and others do not, if known. */
  readonly disagreementPx?: number;
  /** The same in µm², if the slide's scale is known. */
  readonly disagreementUm2?: number;
  /** Objects of low probability, if known. */
  readonly uncertainObjects?: number;
  /** Milliseconds of the run. */
  readonly milliseconds: number;
  /** A thumbnail as a data URL, if the slide has a page. */
  readonly thumbnail?: string;
}

/** Makes the entry of a slide from its summary. */
export function reportEntry(
  { slide, objects, region, uncertainty, milliseconds, ...all }: MaskSummary,
): ReportEntry {
  return {
    name: slide.name,
    width: slide.width,
    height: slide.height,
    objects: objects.count,
    ...(objects.count > 0 && { medianPx: objects.areaPx.median }),
    ...(objects.areaUm2 && { medianUm2: objects.areaUm2.median }),
    positiveFraction: (region ?? all).positiveFraction,
    ...(uncertainty && {
      uncertainPx: uncertainty.areaPx,
      uncertainUm2: uncertainty.areaUm2,
      disagreementPx: uncertainty.disagreementPx,
      disagreementUm2: uncertainty.disagreementUm2,
      uncertainObjects: uncertainty.objects,
    }),
    milliseconds: milliseconds?.total ?? 0,
  };
}

const START = '<script type="application/json" id="data">';
/** Maximum characters up to the end of an entry; a thumbnail has tens of thousands. */
const HEAD = 1 << 18;

/** Reads the entry of a page of `slideReport()`; `undefined` if there is none. */
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

/** Reads the entry of a page in a file; `undefined` if there is none. */
export async function readEntryOf(
  path: string,
): Promise<ReportEntry | undefined> {
  return readReportEntry(await readHead(path));
}

/** The first part of a file, up to the end of an entry; empty if the file is not there. */
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
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return "";
  }
  return text;
}
