import { cannot } from "../../../errors/cannot.ts";
import {
  MAX_DICOM_DEPTH,
  MAX_DICOM_ITEMS,
  MAX_DICOM_VALUE,
} from "../../../io/limits.ts";
import type { Cursor } from "./cursor.ts";
import { type Attribute, type Dataset, READ, TAGS } from "./dataset.ts";
import { decodeValues } from "./decode_values.ts";
import type { FramePlaces } from "./frame_places.ts";

const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;

/** Value representations whose length takes 4 bytes, after 2 that are empty. */
const LONG = new Set(
  ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT"]
    .concat("UV"),
);

/** Where the pixels of a file begin. */
export interface PixelPlace {
  readonly offset: number;
  /** Bytes; `undefined` if they are a sequence of fragments. */
  readonly length?: number;
}

/** Where an element is, and what it is. */
interface Element {
  readonly tag: number;
  readonly vr: string;
  readonly length: number;
}

/** Reads the elements of a file one after the other. */
export class ElementReader {
  readonly #cursor: Cursor;
  readonly #explicit: boolean;
  readonly #places?: FramePlaces;
  readonly #signal?: AbortSignal;

  constructor(
    cursor: Cursor,
    { explicit, places, signal }: {
      readonly explicit: boolean;
      readonly places?: FramePlaces;
      readonly signal?: AbortSignal;
    },
  ) {
    this.#cursor = cursor;
    this.#explicit = explicit;
    this.#places = places;
    this.#signal = signal;
  }

  /** Reads elements up to `end`, up to the delimiter of their item if that is infinite, or until `isDone()`. */
  async read(
    into: Map<number, Attribute>,
    { end, depth = 0, isDone }: {
      readonly end: number;
      readonly depth?: number;
      readonly isDone?: (tag: number) => boolean;
    },
  ): Promise<void> {
    const cursor = this.#cursor;
    while (cursor.at < end) {
      if (!cursor.has(12)) {
        this.#signal?.throwIfAborted();
        await cursor.fill(Math.min(12, Math.max(8, cursor.size - cursor.at)));
      }
      const start = cursor.at;
      const tag = this.#readTag();
      if (isDone?.(tag)) {
        cursor.at = start;
        return;
      }
      const element = this.#readElement(tag);
      if (tag === ITEM_END && end === Infinity) return;
      if (tag >= ITEM) throw damaged(`an item is out of place at ${start}`);
      await this.#readValue(into, element, { end, depth });
    }
    if (cursor.at > end) throw damaged("an attribute exceeds its sequence");
  }

  #readTag(): number {
    const group = this.#cursor.u16();
    return group * 65536 + this.#cursor.u16();
  }

  /** Reads what follows a tag; 12 bytes of the element are at hand, or 8 at the end of the file. */
  #readElement(tag: number): Element {
    const cursor = this.#cursor;
    const known = READ.get(tag) ?? "UN";
    if (!this.#explicit || tag >= ITEM) {
      return { tag, vr: known, length: cursor.u32() };
    }
    const vr = String.fromCharCode(...cursor.take(2));
    if (!/^[A-Z]{2}$/.test(vr)) {
      throw damaged(`an attribute at ${cursor.at - 6} has no known kind`);
    }
    if (!LONG.has(vr)) return { tag, vr, length: cursor.u16() };
    cursor.at += 2;
    if (!cursor.has(4)) throw cutShort(cursor.size);
    return { tag, vr, length: cursor.u32() };
  }

  async #readValue(
    into: Map<number, Attribute>,
    { tag, vr, length }: Element,
    { end, depth }: { readonly end: number; readonly depth: number },
  ): Promise<void> {
    const cursor = this.#cursor;
    const offset = cursor.at;
    const known = READ.get(tag);
    const isFrames = tag === TAGS.PerFrameFunctionalGroupsSequence[0] &&
      depth === 0;
    if (known === "SQ" || length === UNDEFINED) {
      if (depth === MAX_DICOM_DEPTH) {
        throw cannot(
          "read a DICOM header",
          `its sequences are nested more than ${MAX_DICOM_DEPTH} deep`,
          { kind: RangeError },
        );
      }
      // A sequence of unknown kind is written implicitly, whatever the rest of the file is.
      const reader = vr === "UN" && this.#explicit
        ? new ElementReader(cursor, {
          explicit: false,
          places: this.#places,
          signal: this.#signal,
        })
        : this;
      const items = await reader.#readItems({
        end: length === UNDEFINED ? Infinity : offset + length,
        depth: depth + 1,
        onItem: isFrames ? (item) => this.#places?.add(item) : undefined,
        keep: known === "SQ" && !isFrames,
      });
      if (known === "SQ") into.set(tag, { values: [], items });
      return;
    }
    if (offset + length > cursor.size) throw cutShort(cursor.size);
    if (offset + length > end) {
      throw damaged(
        `an attribute at ${offset} has ${length} bytes, more than there are`,
      );
    }
    cursor.at = offset + length;
    if (known === undefined) return;
    if (known === "OV") {
      into.set(tag, { values: [], items: [], range: { offset, length } });
      return;
    }
    if (length > MAX_DICOM_VALUE) {
      throw cannot(
        "read a DICOM header",
        `an attribute of it has ${length} bytes, more than ${MAX_DICOM_VALUE}`,
        { kind: RangeError },
      );
    }
    cursor.at = offset;
    if (!cursor.has(length)) await cursor.fill(length);
    const kind = vr === "UN" ? known : vr;
    const values = decodeValues(cursor.take(length), kind);
    into.set(tag, { values, items: [] });
  }

  /** Reads the items of a sequence. */
  async #readItems(
    { end, depth, onItem, keep }: {
      readonly end: number;
      readonly depth: number;
      readonly onItem?: (item: Dataset) => void;
      readonly keep: boolean;
    },
  ): Promise<Dataset[]> {
    const cursor = this.#cursor;
    const items: Dataset[] = [];
    while (cursor.at < end) {
      if (!cursor.has(8)) await cursor.fill(8);
      const tag = this.#readTag();
      const length = cursor.u32();
      if (tag === SEQUENCE_END && end === Infinity) return items;
      if (tag !== ITEM) throw damaged(`a sequence has no item at ${cursor.at}`);
      const item = new Map<number, Attribute>();
      await this.read(item, {
        end: length === UNDEFINED ? Infinity : cursor.at + length,
        depth,
      });
      onItem?.(item);
      if (!keep) continue;
      items.push(item);
      if (items.length > MAX_DICOM_ITEMS) {
        throw cannot(
          "read a DICOM header",
          `a sequence has more than ${MAX_DICOM_ITEMS} items`,
          { kind: RangeError },
        );
      }
    }
    if (cursor.at > end) throw damaged("an item exceeds its sequence");
    return items;
  }

  /** Reads the head of the pixels, which are next, unless the file has ended. */
  async readPixels(): Promise<PixelPlace | undefined> {
    const cursor = this.#cursor;
    if (cursor.at >= cursor.size) return undefined;
    if (!cursor.has(12)) {
      await cursor.fill(Math.min(12, cursor.size - cursor.at));
    }
    const { length } = this.#readElement(this.#readTag());
    const offset = cursor.at;
    return length === UNDEFINED ? { offset } : { offset, length };
  }
}

function damaged(why: string): Error {
  return cannot("read a DICOM header", `it is damaged: ${why}`, {
    kind: SyntaxError,
  });
}

function cutShort(size: number): Error {
  return cannot(
    "read a DICOM header",
    `it is cut short: its header goes on past its end at ${size}`,
    { kind: SyntaxError },
  );
}
