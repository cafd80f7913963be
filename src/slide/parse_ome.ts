/** Planes in a row of one file, by OME's TiffData. */
export interface OmePlanes {
  /** The file's name; `undefined` where it is the one that holds the metadata. */
  readonly file: string | undefined;
  readonly firstPage: number;
  readonly firstChannel: number;
  readonly count: number;
}

/** What OME metadata say of where the planes of the first picture lie. */
export interface OmeLayout {
  /** The file that holds the metadata in place of this one. */
  readonly companion: string | undefined;
  readonly planes: readonly OmePlanes[];
  readonly channels: number;
  /** Focal planes, and times. */
  readonly depths: number;
  readonly times: number;
}

/**
 * Reads OME-XML as far as it says where planes lie. Only the first picture of a file is looked at.
 *
 * Source: OME schema 2016-06: BinaryOnly, Pixels, TiffData, UUID.
 */
export function parseOme(text: string): OmeLayout {
  const pixels = text.match(/<(\w+:)?Pixels\b[^]*?<\/(\w+:)?Pixels>/)?.[0] ??
    "";
  const size = (axis: string): number =>
    Number(attribute(pixels, `Size${axis}`) ?? 1);
  const planes: OmePlanes[] = [];
  const data =
    /<(?:\w+:)?TiffData\b([^>]*?)(?:\/>|>([^]*?)<\/(?:\w+:)?TiffData>)/g;
  for (const [, attributes, contents = ""] of pixels.matchAll(data)) {
    const page = attribute(attributes, "IFD");
    const all = page === undefined ? size("C") : 1;
    planes.push({
      file: attribute(contents, "FileName"),
      firstPage: Number(page ?? 0),
      firstChannel: Number(attribute(attributes, "FirstC") ?? 0),
      count: Number(attribute(attributes, "PlaneCount") ?? all),
    });
  }
  const only = text.match(/<(?:\w+:)?BinaryOnly\b[^>]*/)?.[0] ?? "";
  return {
    companion: attribute(only, "MetadataFile"),
    planes,
    channels: size("C"),
    depths: size("Z"),
    times: size("T"),
  };
}

function attribute(text: string, name: string): string | undefined {
  return text.match(new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`))?.[1];
}
