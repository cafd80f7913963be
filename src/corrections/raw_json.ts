import { cannot } from "../errors/cannot.ts";
import { MAX_GEOJSON_DEPTH } from "../io/limits.ts";

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/**
 * The members of a JSON object as they are written: the text of each value by its name. Of members with one name, which
 * QuPath writes, the last counts.
 *
 * @param text An object; what its values contain is left to {@linkcode parseJson}.
 * @throws {SyntaxError} If it is not an object.
 */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  for (const part of partsOf(text, OPEN_OBJECT)) {
    const colon = topLevel(part, COLON).next().value;
    if (colon === undefined) throw refuse("a member has no value");
    members.set(nameOf(part.slice(0, colon)), part.slice(colon + 1).trim());
  }
  return members;
}

function nameOf(text: string): string {
  try {
    const name: unknown = JSON.parse(text);
    if (typeof name === "string") return name;
  } catch {
    // it is no JSON
  }
  throw refuse("a member has no name");
}

/**
 * The elements of a JSON array as they are written.
 *
 * @throws {SyntaxError} If it is not an array.
 */
export function elementsOf(text: string): string[] {
  return partsOf(text, OPEN_ARRAY).map((part) => part.trim());
}

/** Puts members together. */
export function objectText(members: ReadonlyMap<string, string>): string {
  const list = [...members]
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  return `{${list.join(",")}}`;
}

/**
 * Parses JSON in which numbers may be `NaN`, `Infinity` and `-Infinity`, as QuPath before 0.6 writes them; they become
 * strings, as since then.
 *
 * @throws {SyntaxError} If it is not JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const quoted = quoteNumbers(text);
    if (quoted === text) throw error;
    return JSON.parse(quoted);
  }
}

/** Puts the numbers that JSON does not have in quotes. */
function quoteNumbers(text: string): string {
  let result = "";
  for (let from = 0; from < text.length;) {
    const quote = text.indexOf('"', from);
    const start = quote < 0 ? text.length : quote;
    const end = quote < 0 ? text.length : endOfString(text, quote) + 1;
    result += text.slice(from, start)
      .replace(/-?\b(?:Infinity|NaN)\b(?!\s*:)/g, '"$&"') +
      text.slice(start, end);
    from = end;
  }
  return result;
}

/** What is between the commas of an object or array. */
function partsOf(text: string, open: number): string[] {
  const whole = text.trim();
  const close = open + 2;
  if (
    whole.charCodeAt(0) !== open || whole.length < 2 ||
    whole.charCodeAt(whole.length - 1) !== close
  ) {
    throw refuse(open === OPEN_ARRAY ? "not an array" : "not an object");
  }
  const inner = whole.slice(1, -1);
  const parts: string[] = [];
  let from = 0;
  for (const comma of topLevel(inner, COMMA)) {
    parts.push(inner.slice(from, comma));
    from = comma + 1;
  }
  const last = inner.slice(from);
  if (parts.length > 0 || last.trim() !== "") parts.push(last);
  return parts;
}

/** Where a character is, outside of strings and brackets. */
function* topLevel(text: string, wanted: number): Generator<number, undefined> {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      if (++depth > MAX_GEOJSON_DEPTH) {
        throw refuse(`it is nested more than ${MAX_GEOJSON_DEPTH} deep`);
      }
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      if (--depth < 0) throw refuse("a bracket closes that was not opened");
    } else if (code === wanted && depth === 0) yield at;
  }
  if (depth > 0) throw refuse("it is cut short");
}

/** The place of the quote that ends a string. */
function endOfString(text: string, start: number): number {
  for (let at = start;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) throw refuse("it is cut short");
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

function refuse(reason: string): Error {
  return cannot("read JSON", reason, { kind: SyntaxError });
}
