import type { Corrections, Entry } from "../corrections/corrections.ts";
import { ringsOf } from "../corrections/feature_rings.ts";
import { parseJson } from "../corrections/raw_json.ts";
import type { ViewObject } from "./description.ts";
import { type ObjectFeature, objectOf } from "./object_of.ts";

/** The objects of corrections as the page shows them; features without area are left out. */
export class EditedObjects {
  readonly #corrections: Corrections;
  readonly #mpp: { readonly x: number; readonly y: number } | undefined;
  /** What is known of entries; `null`: they have no area. */
  readonly #known = new WeakMap<Entry, ViewObject | null>();
  #list:
    | { readonly version: number; readonly objects: ViewObject[] }
    | undefined;

  /** @param options `mpp`, micrometers per pixel, if known. */
  constructor(
    corrections: Corrections,
    { mpp }: { readonly mpp?: { readonly x: number; readonly y: number } },
  ) {
    this.#corrections = corrections;
    this.#mpp = mpp;
  }

  /** All, as they are now, in the order of the file. */
  get list(): readonly ViewObject[] {
    const { version, entries } = this.#corrections;
    if (this.#list?.version !== version) {
      this.#list = { version, objects: this.of(entries) };
    }
    return this.#list.objects;
  }

  /** Those of some entries; removed ones are left out. */
  of(entries: Iterable<Entry>): ViewObject[] {
    const objects: ViewObject[] = [];
    for (const entry of entries) {
      if (entry.removed) continue;
      let object = this.#known.get(entry);
      if (object === undefined) {
        object = this.#read(entry);
        this.#known.set(entry, object);
      }
      if (object) objects.push(object);
    }
    return objects;
  }

  #read({ id, text }: Entry): ViewObject | null {
    const feature = parseJson(text) as ObjectFeature;
    const rings = ringsOf(feature) ?? [];
    return rings.length > 0
      ? objectOf(feature, { id, rings, mpp: this.#mpp })
      : null;
  }
}
