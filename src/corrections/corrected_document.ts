import { cannot, reasonOf } from "../errors/cannot.ts";
import { MAX_GEOJSON_FEATURE, MAX_VIEW_BYTES } from "../io/limits.ts";
import { readText } from "../io/read_text.ts";
import {
  type CorrectedFeature,
  KEYS,
  metadataOf,
  nameOfClass,
  stateOf,
} from "./correction.ts";
import { type AreaFeature, ringsOf } from "./feature_rings.ts";
import { elementsOf, membersOf, objectText, parseJson } from "./raw_json.ts";

/** The slide that corrections are of. */
export interface CorrectedSlide {
  /** Its name. */
  readonly name: string;
  /** In level-0 pixels. */
  readonly width: number;
  /** In level-0 pixels. */
  readonly height: number;
}

/** The run that found the objects, as far as it is known. */
export interface FindingRun {
  /** Its model. */
  readonly model?: string;
  /** Its threshold. */
  readonly threshold?: string;
}

/** A feature of GeoJSON as it is written. */
export interface FeatureText {
  /** Its id; one of its own if its file gives it none that is a string and no other feature's. */
  readonly id: string;
  /** JSON. */
  readonly text: string;
}

/** A GeoJSON file taken apart. */
export interface CorrectedDocument {
  /** The members of its collection besides `features`, as JSON. */
  readonly head: ReadonlyMap<string, string>;
  /** In order. */
  readonly features: readonly FeatureText[];
  /** The classes of its objects, as QuPath writes them, each once; also those that rejected ones had. */
  readonly classes: readonly unknown[];
  /** The run that found its objects. */
  readonly run?: FindingRun;
}

/** The version of what Tilewise adds to GeoJSON. */
const FORMAT = 1;

/** What QuPath 0.2 writes in place of ids. */
const OLD_TYPES =
  /^(?:Path(?:Tile|Cell|Detection|Root|Annotation)|TMACore)Object$/;

/**
 * Reads GeoJSON as QuPath and Tilewise write it, so that {@linkcode documentText} gives it back as it was: a
 * FeatureCollection, an array of features, or one feature.
 *
 * @param options.slide The slide that it must be of, if it says so.
 * @throws {SyntaxError} If it is not GeoJSON.
 * @throws {RangeError} If it is of another slide, or larger than 256 MiB.
 * @throws {Error} If it cannot be read.
 */
export async function readDocument(
  path: string,
  { slide }: { readonly slide: CorrectedSlide },
): Promise<CorrectedDocument> {
  try {
    return parseDocument(await readText(path, { most: MAX_VIEW_BYTES }), slide);
  } catch (cause) {
    throw cannot(`read objects "${path}"`, reasonOf(cause), { cause });
  }
}

/** Takes the text of GeoJSON apart; see {@linkcode readDocument}. */
export function parseDocument(
  text: string,
  slide: CorrectedSlide,
): CorrectedDocument {
  const isArray = text.trimStart().startsWith("[");
  const members = isArray ? new Map<string, string>() : membersOf(text);
  const list = members.get("features");
  const texts = isArray
    ? elementsOf(text)
    : list === undefined
    ? [text.trim()]
    : elementsOf(list);
  const head = new Map(list === undefined ? [] : members);
  head.delete("features");
  const found = { ids: new Set<string>(), classes: new Map<string, unknown>() };
  const features = texts.map((feature) => readFeature(feature, found));
  for (const [name, value] of head) parse(value, `member "${name}"`);
  const classes = [...found.classes.values()];
  return { head, features, classes, run: readOwn(head.get("tilewise"), slide) };
}

/** What is around the features of a file, which are separated by {@linkcode BETWEEN}. */
export function documentFrame(
  { head, slide, run }: Pick<CorrectedDocument, "head" | "run"> & {
    readonly slide: CorrectedSlide;
  },
): { readonly start: string; readonly end: string } {
  const { name, width, height } = slide;
  const own = { slide: { name, width, height }, format: FORMAT, run };
  const members = new Map(head)
    .set("type", JSON.stringify("FeatureCollection"))
    .set("tilewise", JSON.stringify(own));
  const start = `${objectText(members).slice(0, -1)},"features":[\n`;
  return { start, end: "\n]}\n" };
}

/** What is between two features. */
export const BETWEEN = ",\n";

/** Puts the text of a file together. */
export function documentText(
  { texts, ...frame }: Parameters<typeof documentFrame>[0] & {
    /** Of the features, in order. */
    readonly texts: readonly string[];
  },
): string {
  const { start, end } = documentFrame(frame);
  return start + texts.join(BETWEEN) + end;
}

function readFeature(
  text: string,
  { ids, classes }: {
    readonly ids: Set<string>;
    readonly classes: Map<string, unknown>;
  },
): FeatureText {
  if (text.length > MAX_GEOJSON_FEATURE) {
    throw refuse(
      `a feature has more than ${MAX_GEOJSON_FEATURE} characters`,
      RangeError,
    );
  }
  const feature = parse(text, "a feature") as
    & AreaFeature
    & CorrectedFeature
    & { readonly type?: unknown; readonly id?: unknown };
  if (feature?.type !== "Feature") throw refuse("not GeoJSON");
  if (!ringsOf(feature)) {
    throw refuse("coordinates of polygons must be rings of numbers");
  }
  const kept = metadataOf(feature)[KEYS.class];
  const former = kept === undefined
    ? undefined
    : parse(String(kept), KEYS.class);
  const classification = stateOf(feature) === "rejected"
    ? former
    : feature.properties?.classification;
  const name = nameOfClass(classification);
  if (name !== undefined && !classes.has(name)) {
    classes.set(name, classification);
  }
  if (!Object.hasOwn(feature, "id")) {
    const id = crypto.randomUUID();
    ids.add(id);
    return { id, text: `{"id":"${id}",${text.slice(1)}` };
  }
  const isOwn = typeof feature.id === "string" && feature.id !== "" &&
    feature.id.length <= 200 && !OLD_TYPES.test(feature.id) &&
    !ids.has(feature.id);
  const id = isOwn ? feature.id as string : crypto.randomUUID();
  ids.add(id);
  return { id, text };
}

/** Checks what Tilewise has written into a collection. */
function readOwn(
  text: string | undefined,
  slide: CorrectedSlide,
): FindingRun | undefined {
  if (text === undefined) return undefined;
  const own = parse(text, 'member "tilewise"') as {
    readonly format?: unknown;
    readonly slide?: Partial<Record<keyof CorrectedSlide, unknown>>;
    readonly run?: Record<keyof FindingRun, unknown>;
  } | null;
  if (own?.format !== FORMAT) {
    throw refuse(
      `tilewise.format must be ${FORMAT}: use the Tilewise that wrote it`,
    );
  }
  const { name, width, height } = own.slide ?? {};
  const isSlide = typeof name === "string" && typeof width === "number" &&
    typeof height === "number";
  if (!isSlide) throw refuse("tilewise.slide must have name, width and height");
  if (
    name !== slide.name || width !== slide.width || height !== slide.height
  ) {
    throw refuse(
      `it is of slide "${name}", ${width}×${height}, and this is "${slide.name}", ${slide.width}×${slide.height}: if the slide was renamed, rename it in "tilewise" as well`,
      RangeError,
    );
  }
  const textOf = (value: unknown) =>
    typeof value === "string" ? value : undefined;
  return own.run &&
    { model: textOf(own.run.model), threshold: textOf(own.run.threshold) };
}

function parse(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw cannot("read GeoJSON", `${what} is not JSON`, { cause });
  }
}

function refuse(
  reason: string,
  kind: new (message: string, options?: ErrorOptions) => Error = SyntaxError,
): Error {
  return cannot("read GeoJSON", reason, { kind });
}
