/** Hamamatsu's tags of a page. */
export interface NdpiTags {
  /** The lens that it was taken with, or reduced to: -1 for the macro, -2 for a map of what was scanned. */
  readonly lens: number;
  /** The distance of its focal plane in nanometers; the slide is at 0. */
  readonly focus: number;
  /** Loads where each restart interval begins in the page's JPEG; none if the file does not say. */
  readonly loadStarts?: () => Promise<ArrayLike<number>>;
  /** Loads what the scanner says of the slide, by OpenSlide's names without `hamamatsu.`. */
  readonly loadProperties?: () => Promise<Record<string, string>>;
}

/** Values of a directory's tags. */
interface TagReaders {
  numbers(tag: number): Promise<ArrayLike<number>>;
  text(tag: number): Promise<string>;
}

/** Tags whose numbers are properties. */
const NUMBERS = {
  SourceLens: 65421,
  XOffsetFromSlideCentre: 65422,
  YOffsetFromSlideCentre: 65423,
} as const;

/** Tags whose text is a property. */
const TEXTS = { Model: 272, Reference: 65427, "NDP.S/N": 65442 } as const;

const [STARTS, STARTS_HIGH, PROPERTY_MAP] = [65426, 65432, 65449] as const;

/**
 * Reads Hamamatsu's tags.
 *
 * Source: the notes on NDPI of OpenSlide and of ndpitools.
 */
export async function readNdpiTags(
  { numbers, text }: TagReaders,
): Promise<NdpiTags> {
  return {
    lens: (await numbers(65421))[0] ?? 0,
    focus: (await numbers(65424))[0] ?? 0,
    async loadStarts(): Promise<ArrayLike<number>> {
      const low = await numbers(STARTS);
      const high = await numbers(STARTS_HIGH);
      if (high.length === 0) return low;
      return Float64Array.from(
        low,
        (value, i) => value + 2 ** 32 * (high[i] ?? 0),
      );
    },
    async loadProperties(): Promise<Record<string, string>> {
      const found: Record<string, string> = {};
      for (const [name, tag] of Object.entries(NUMBERS)) {
        const [value] = Array.from(await numbers(tag));
        if (value !== undefined) found[name] = String(value);
      }
      for (const [name, tag] of Object.entries(TEXTS)) {
        const value = await text(tag);
        if (value !== "") found[name] = value;
      }
      return { ...found, ...keyValues(await text(PROPERTY_MAP)) };
    },
  };
}

/** Lines of `key=value`. */
function keyValues(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(/[\r\n]+/).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, Math.max(0, at)).trim(), line.slice(at + 1).trim()];
    }).filter(([key]) => key !== ""),
  );
}
