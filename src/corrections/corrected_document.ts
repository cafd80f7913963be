import { cannot, reasonOf } from "../errors/cannot.ts";
import { MAX_GEOJSON_FEATURE, MAX_VIEW_BYTES } from "../io/limits.ts";
import { readText } from "../io/read_text.ts";
import {
  CLASS,
  type CorrectedFeature,
  metadataOf,
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
  const ids = new Set<string>();
  const features = texts.map((feature) => readFeature(feature, ids));
  for (const [name, value] of head) parse(value, `member "${name}"`);
  return { head, features, run: readOwn(head.get("tilewise"), slide) };
}

/** Puts the text of a file together. */
export function documentText(
  { head, texts, slide, run }: Pick<CorrectedDocument, "head" | "run"> & {
    /** Of the features, in order. */
    readonly texts: readonly string[];
    readonly slide: CorrectedSlide;
  },
): string {
  const { name, width, height } = slide;
  const own = { slide: { name, width, height }, format: FORMAT, run };
  const members = new Map(head)
    .set("type", JSON.stringify("FeatureCollection"))
    .set("tilewise", JSON.stringify(own));
  return `${objectText(members).slice(0, -1)},"features":[\n${
    texts.join(",\n")
  }\n]}\n`;
}

function readFeature(text: string, ids: Set<string>): FeatureText {
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
  stateOf(feature);
  const kept = metadataOf(feature)[CLASS];
  if (kept !== undefined) parse(String(kept), CLASS);
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
  const own = JSON.parse(text) as {
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
