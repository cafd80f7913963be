import { cannot } from "../errors/cannot.ts";
import { streamText } from "../io/read_text.ts";
import {
  checkSlide,
  type Corrections,
  sortCorrections,
} from "./corrections.ts";
import { isCorrected } from "./find_entries.ts";
import {
  type GeoJsonPolygons,
  readGeoJsonPolygons,
} from "./read_geojson_polygons.ts";

/** The objects of a GeoJSON file. */
export interface ReadAnnotations
  extends Pick<GeoJsonPolygons, "annotations" | "skipped"> {
  /** All that corrections hold; `annotations` are those that nobody rejected. */
  readonly corrected?: Corrections;
}

/**
 * Reads the objects of a GeoJSON file. It holds corrections by its name, by its member `tilewise`, or if somebody decided about
 * an object.
 *
 * @throws {TypeError} If corrections are not wanted.
 * @throws {RangeError} If they are of another slide.
 */
export async function readAnnotations(
  path: string,
  { corrections = true, slide, warn, signal }: {
    readonly corrections?: boolean;
    readonly slide?: Parameters<typeof checkSlide>[1];
    readonly warn?: (text: string) => void;
    readonly signal?: AbortSignal;
  },
): Promise<ReadAnnotations> {
  const { annotations, skipped, member } = await readGeoJsonPolygons(
    streamText(path, { signal }),
  );
  const isPlain = !isCorrected(path) && member === undefined &&
    annotations.every(({ state }) => state === undefined);
  if (isPlain) return { annotations, skipped };
  if (!corrections) {
    throw cannot(
      "use predictions",
      "a person has corrected them, so that they are labels: use them as --labels",
      { kind: TypeError },
    );
  }
  if (slide && !checkSlide(member, slide)) {
    warn?.("its corrections do not say of which slide they are");
  }
  const corrected = sortCorrections(annotations);
  return { annotations: corrected.objects, skipped, corrected };
}
