import { cannot } from "../errors/cannot.ts";
import { MAX_GEOJSON_DEPTH, MAX_GEOJSON_FEATURE } from "../io/limits.ts";

const QUOTE = 0x22, COMMA = 0x2c, BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** How many characters before an array are searched for its key. */
const KEY = 64;

/**
 * Splits GeoJSON that comes in pieces into its features, so that memory holds one at a time. Features are the elements of
 * the root array, or of the root object's `features`. It looks only at brackets and strings; other errors are left to
 * `JSON.parse()`.
 */
export class GeoJsonSplitter {
  #document = new Text();
  #feature = new Text();
  #features = 0;
  #depth = 0;
  /** Depth of the features' array, while inside. */
  #inside: number | undefined;
  #hasArray = false;
  #inString = false;
  #isEscaped = false;
  /** The end of the previous pieces. */
  #before = "";

  /** The features that end in a piece, as JSON. */
  *take(piece: string): Generator<string, void, undefined> {
    let from = 0; // of the text that has not been kept
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === BACKSLASH) this.#isEscaped = true;
        else if (code === QUOTE) this.#inString = false;
      } else if (code === QUOTE) {
        this.#inString = true;
      } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
        if (++this.#depth > MAX_GEOJSON_DEPTH) {
          throw refuse(`it is nested more than ${MAX_GEOJSON_DEPTH} deep`);
        }
        if (code === OPEN_ARRAY && this.#isFeatures(piece, at)) {
          this.#document.add(piece.slice(from, at + 1));
          from = at + 1;
          this.#inside = this.#depth;
          this.#hasArray = true;
        }
      } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
        if (this.#depth-- !== this.#inside) continue;
        this.#feature.add(piece.slice(from, at));
        from = at;
        this.#inside = undefined;
        const last = this.#feature.take();
        if (this.#features > 0 || last.trim() !== "") yield last;
      } else if (code === COMMA && this.#depth === this.#inside) {
        this.#feature.add(piece.slice(from, at));
        from = at + 1;
        this.#features++;
        yield this.#feature.take();
      }
    }
    const text = this.#inside === undefined ? this.#document : this.#feature;
    text.add(piece.slice(from));
    this.#before = (this.#before + piece.slice(-KEY)).slice(-KEY);
  }

  /** The rest of the document, as JSON: its features' array is empty now, if it has one. */
  end(): { readonly document: string; readonly hasArray: boolean } {
    return { document: this.#document.take(), hasArray: this.#hasArray };
  }

  /** Whether the array that begins there has the features. */
  #isFeatures(piece: string, at: number): boolean {
    if (this.#hasArray || this.#depth > 2) return false;
    const before = this.#before + piece.slice(Math.max(0, at - KEY), at);
    return this.#depth === 1 ||
      /(?<!\\)"features"\s*:\s*$/.test(before.slice(-KEY));
  }
}

/** Text of limited length that comes in parts. */
class Text {
  #parts: string[] = [];
  #length = 0;

  add(part: string): void {
    this.#length += part.length;
    if (this.#length > MAX_GEOJSON_FEATURE) {
      throw refuse(
        `a feature has more than ${MAX_GEOJSON_FEATURE} characters; split it into several`,
      );
    }
    this.#parts.push(part);
  }

  take(): string {
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

function refuse(reason: string): Error {
  return cannot("read GeoJSON", reason, { kind: RangeError });
}
