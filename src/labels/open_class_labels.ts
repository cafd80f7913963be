import { cannot } from "../errors/cannot.ts";
import { chooseClasses } from "./choose_classes.ts";
import { ClassPictureLabels, ClassRleLabels } from "./class_labels.ts";
import type { Entry } from "./find_entries.ts";
import {
  allKnown,
  type Corrections,
  openCorrections,
  type Unlabeled,
} from "./corrections.ts";
import {
  type LabelSource,
  type ReadLabelsOptions,
  UNKNOWN,
} from "./label_source.ts";
import { PolygonLabels } from "./polygon_labels.ts";
import { RleLabels } from "./rle_labels.ts";
import type { Annotation } from "./read_geojson_polygons.ts";

/** Opens annotations of several classes, or the corrections that they are of. */
export async function openPolygons(
  annotations: readonly Annotation[],
  { warn, corrected, unlabeled, ...options }:
    & Parameters<typeof chooseClasses>[1]
    & {
      readonly corrected?: Corrections;
      readonly unlabeled?: Unlabeled;
      readonly warn: (text: string) => void;
    },
): Promise<LabelSource> {
  const { chosen, values, warnings } = chooseClasses(annotations, options);
  warnings.forEach(warn);
  if (unlabeled === "unknown" && !corrected) throw allKnown();
  if (corrected) {
    if (options.classes.length >= UNKNOWN) {
      throw cannot(
        "use corrections",
        `they are told apart by up to ${UNKNOWN - 1} classes`,
        { received: options.classes.length, kind: RangeError },
      );
    }
    return await openCorrections(corrected, {
      ...{ ...options, chosen, values, unlabeled, warn },
    });
  }
  const labels = new PolygonLabels(chosen.flatMap(({ polygons }) => polygons), {
    ...options,
    values: chosen.flatMap(({ polygons }, i) => polygons.map(() => values[i])),
  });
  sayShared(labels.countShared(), warn);
  return labels;
}

/** Opens a mask or codes of several classes. */
export async function openNumbers(
  entry: Entry,
  { width, height, classes, warn, signal }: ReadLabelsOptions & {
    readonly width: number;
    readonly height: number;
    readonly classes: readonly string[];
    readonly warn: (text: string) => void;
  },
): Promise<LabelSource> {
  if ("path" in entry) {
    return await ClassPictureLabels.open(
      entry.path,
      { width, height, classes },
      { signal },
    );
  }
  if ("code" in entry && classes.length === 1) {
    return new RleLabels(entry.code, { width, height });
  }
  if ("code" in entry) {
    throw cannot(
      "choose classes",
      `run-length codes without a class are of one class, and ${classes.length} are requested: ${
        classes.join(", ")
      }; use ids of classes (id_class), or give one class`,
      { kind: TypeError },
    );
  }
  const labels = new ClassRleLabels(entry.codes, { width, height });
  sayShared(labels.shared, warn);
  return labels;
}

function sayShared(pixels: number, warn: (text: string) => void): void {
  if (pixels === 0) return;
  warn(
    `${pixels} pixel${
      pixels > 1 ? "s are" : " is"
    } in labels of several classes, and count${
      pixels > 1 ? "" : "s"
    } for the last of them in the order of classes`,
  );
}
