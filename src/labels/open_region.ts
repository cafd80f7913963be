import { cannot, reasonOf } from "../errors/cannot.ts";
import { isMissing } from "../io/is_absent.ts";
import { streamText } from "../io/read_text.ts";
import { countClasses, isDerived, listClasses } from "./choose_annotations.ts";
import { PolygonLabels } from "./polygon_labels.ts";
import { readGeoJsonPolygons } from "./read_geojson_polygons.ts";

/** Options for {@linkcode openRegion}. */
export interface OpenRegionOptions {
  /** The class of the polygons, derived classes included; `*` for all. Default: the only class. */
  readonly classification?: string;
  /** How a class is chosen, for errors, as `--within-class`. Default: it cannot be. */
  readonly flag?: string;
  /** Receives warnings about what is left out, one line each. */
  readonly onWarning?: (text: string) => void;
  /** Stops the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the polygons of a GeoJSON file as a region of a slide: in level-0 pixels, and of one class, unless all are wanted.
 *
 * @throws {RangeError} If there are none, they have several classes, or one is outside of the slide.
 * @throws {Error} If the file cannot be read.
 */
export async function openRegion(
  path: string,
  size: { readonly width: number; readonly height: number },
  { classification, flag, onWarning, signal }: OpenRegionOptions = {},
): Promise<PolygonLabels> {
  try {
    const pieces = streamText(path, { signal });
    const { annotations, skipped } = await readGeoJsonPolygons(pieces);
    const left = [...skipped].map(([what, count]) =>
      `${count} ${what}${count > 1 ? "s" : ""}`
    );
    const classes = countClasses(annotations);
    if (classes.size === 0) {
      throw none(left.length > 0 ? `only ${left.join(", ")}` : "it is empty");
    }
    if (left.length > 0) onWarning?.(`of "${path}", ${left} left out`);
    if (classification === undefined && classes.size > 1) {
      const way = flag
        ? `choose one with ${flag} NAME, or all with ${flag} '*'`
        : "keep one";
      throw cannot(
        ACTION,
        `its polygons have several classes, ${listClasses(classes)}; ${way}`,
        { kind: RangeError },
      );
    }
    const isAll = classification === undefined || classification === "*";
    const chosen = isAll
      ? annotations
      : annotations.filter(({ name }) => isDerived(name, classification));
    if (chosen.length === 0) {
      throw cannot(
        ACTION,
        `no polygon is of class "${classification}", only of ${
          listClasses(classes)
        }`,
        { kind: RangeError },
      );
    }
    return new PolygonLabels(chosen.flatMap(({ polygons }) => polygons), size);
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = isMissing(cause) ? "it does not exist" : reasonOf(cause);
    throw cannot(`use the region "${path}"`, reason, { cause });
  }
}

const ACTION = "take a region";

function none(what: string): Error {
  return cannot(ACTION, `it has no polygon: ${what}`, { kind: RangeError });
}
