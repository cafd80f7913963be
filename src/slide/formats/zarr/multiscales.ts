import { cannot } from "../../../errors/cannot.ts";
import { MAX_ZARR_AXES, MAX_ZARR_LEVELS } from "../../../io/limits.ts";
import { isObject, type Json, numbersOf, objectsOf } from "./read_json.ts";

/** An axis of an image. */
export interface Axis {
  readonly name: string;
  readonly unit?: string;
}

/** A level of an image, as its group describes it. */
export interface Dataset {
  readonly path: string;
  /** Units of space per pixel along each axis, if they are given. */
  readonly scale?: readonly number[];
  /** Where its first pixel lies, in the same units. */
  readonly translation?: readonly number[];
}

/** What a group says about its image. */
export interface Multiscale {
  readonly name?: string;
  readonly axes: readonly Axis[];
  readonly datasets: readonly Dataset[];
  /** How many further multiscales it has. */
  readonly others: number;
}

/** A channel, as OMERO would show it. */
export interface Channel {
  readonly label?: string;
  /** `ff0000` for red. */
  readonly color?: string;
  /** The lowest and the highest value that are shown. */
  readonly start?: number;
  readonly end?: number;
}

/** A group that cannot be read, and why. */
export function refused(what: string): Error {
  return cannot("find the slide", what, { kind: TypeError });
}

function damaged(what: string): Error {
  return cannot("read OME metadata", what, { kind: SyntaxError });
}

/**
 * Reads the first multiscale of a group.
 *
 * Source: OME-Zarr 0.4 and 0.5, multiscales metadata.
 *
 * @throws {TypeError} If its version is not supported.
 * @throws {SyntaxError} If it is damaged.
 */
export function readMultiscale(
  { multiscales, version: own }: Json,
  version: "0.4" | "0.5",
): Multiscale {
  const [first, ...others] = objectsOf(multiscales);
  if (!first) throw damaged("its list of multiscales is empty");
  const said = own ?? first.version;
  if (said !== undefined && said !== version) {
    throw refused(
      `it is an OME-Zarr of version ${
        show(said)
      }, and only 0.4 (Zarr 2) and 0.5 (Zarr 3) are supported: convert it with bioformats2raw or ome-zarr-py`,
    );
  }
  const axes = readAxes(first.axes);
  const datasets = objectsOf(first.datasets);
  if (datasets.length === 0 || datasets.length > MAX_ZARR_LEVELS) {
    throw damaged(
      `its image has ${datasets.length} levels, and must have 1 to ${MAX_ZARR_LEVELS}`,
    );
  }
  const whole = readTransformations(first, axes.length);
  return {
    name: typeof first.name === "string" ? first.name : undefined,
    axes,
    datasets: datasets.map((dataset) => {
      if (typeof dataset.path !== "string") {
        throw damaged("one of its levels has no path");
      }
      return {
        path: dataset.path,
        ...combine(readTransformations(dataset, axes.length), whole),
      };
    }),
    others: others.length,
  };
}

function readAxes(value: unknown): Axis[] {
  if (!Array.isArray(value)) throw damaged("its image has no axes");
  const axes = value.map((axis): Axis => {
    if (!isObject(axis) || typeof axis.name !== "string") {
      throw damaged("one of its axes has no name");
    }
    const { name, unit } = axis;
    return { name, unit: typeof unit === "string" ? unit : undefined };
  });
  const names = axes.map(({ name }) => name);
  const isSound = new Set(names).size === names.length &&
    names.length <= MAX_ZARR_AXES && names.includes("x") && names.includes("y");
  if (isSound) return axes;
  throw damaged(
    `its axes must be x, y and others, each once (${
      names.join().slice(0, 60)
    })`,
  );
}

interface Transformation {
  readonly scale?: readonly number[];
  readonly translation?: readonly number[];
}

/** A scale, and perhaps a translation after it. */
function readTransformations(
  { coordinateTransformations }: Json,
  rank: number,
): Transformation {
  const listed = objectsOf(coordinateTransformations)
    .filter(({ type }) => type !== "identity");
  const [first, second, ...others] = listed;
  if (!first) return {};
  const isKnown = first.type === "scale" && others.length === 0 &&
    (second === undefined || second.type === "translation");
  if (!isKnown) {
    throw refused(
      `its coordinate transformations are ${
        listed.map(({ type }) => show(type)).join().slice(0, 80)
      }, and must be a scale, and perhaps a translation after it`,
    );
  }
  const valuesOf = (values: unknown): number[] => {
    const numbers = numbersOf(values);
    if (numbers?.length === rank) return numbers;
    throw damaged(
      `a coordinate transformation must have ${rank} numbers, as many as there are axes`,
    );
  };
  const scale = valuesOf(first.scale);
  if (!scale.every((value) => value > 0)) {
    throw damaged("a scale must be positive");
  }
  return { scale, translation: second && valuesOf(second.translation) };
}

/** The transformation of a level, followed by that of all levels. */
function combine(own: Transformation, whole: Transformation): Transformation {
  if (!own.scale || !whole.scale) return own;
  const { scale } = whole;
  return {
    scale: own.scale.map((value, i) => value * scale[i]),
    // That of all levels moves them alike.
    translation: own.translation?.map((value, i) => value * scale[i]),
  };
}

/** The channels of a group, if it describes them. */
export function readChannels({ omero }: Json): Channel[] | undefined {
  if (!isObject(omero) || !Array.isArray(omero.channels)) return undefined;
  return omero.channels.map((channel) => {
    const { label, color, window } = isObject(channel) ? channel : {};
    const { start, end } = isObject(window) ? window : {};
    return {
      label: typeof label === "string" ? label : undefined,
      color: typeof color === "string"
        ? color.replace(/^#/, "").slice(0, 6).toLowerCase()
        : undefined,
      start: typeof start === "number" ? start : undefined,
      end: typeof end === "number" ? end : undefined,
    };
  });
}

/** A value of a document, for a message. */
export function show(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, 40);
}
