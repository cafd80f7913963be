import { cannot } from "../../../errors/cannot.ts";
import { MAX_DICOM_DEPTH, MAX_DICOM_ITEMS } from "../../../io/limits.ts";
import { type Attribute, type Dataset, READ, TAGS } from "./dataset.ts";
import { FramePlaces } from "./frame_places.ts";

const PER_FRAME = TAGS.PerFrameFunctionalGroupsSequence[0];

/**
 * Reads what DICOM's JSON says of an instance.
 *
 * Source: DICOM PS3.18, annex F.
 *
 * @throws {SyntaxError} If it is none.
 * @throws {RangeError} If it exceeds a limit.
 */
export function readJsonDataset(
  json: unknown,
): { dataset: Dataset; places: FramePlaces } {
  const places = new FramePlaces();
  return { dataset: readObject(json, { depth: 0, places }), places };
}

function readObject(
  json: unknown,
  { depth, places }: { readonly depth: number; readonly places?: FramePlaces },
): Dataset {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw broken("an instance of it is no object");
  }
  if (depth > MAX_DICOM_DEPTH) {
    throw broken(
      `its sequences are nested more than ${MAX_DICOM_DEPTH} deep`,
      RangeError,
    );
  }
  const dataset = new Map<number, Attribute>();
  for (const [key, attribute] of Object.entries(json)) {
    const tag = /^[\da-f]{8}$/i.test(key) ? parseInt(key, 16) : NaN;
    const kind = READ.get(tag);
    if (kind === undefined) continue;
    const given: unknown = attribute?.Value ?? [];
    if (!Array.isArray(given)) throw broken(`${key} has no list of values`);
    if (tag === PER_FRAME && places) {
      for (const item of given) {
        places.add(readObject(item, { depth: depth + 1 }));
      }
    } else if (kind === "SQ") {
      if (given.length > MAX_DICOM_ITEMS) {
        throw broken(
          `a sequence has more than ${MAX_DICOM_ITEMS} items`,
          RangeError,
        );
      }
      const items = given.map((item) => readObject(item, { depth: depth + 1 }));
      dataset.set(tag, { values: [], items });
    } else {
      const values = given.map((value) =>
        typeof value === "number" ? value : String(value ?? "").trim()
      );
      dataset.set(tag, { values, items: [] });
    }
  }
  return dataset;
}

function broken(why: string, kind: ErrorConstructor = SyntaxError): Error {
  return cannot("read a DICOMweb series", `its metadata are damaged: ${why}`, {
    kind,
  });
}
