import { cannot } from "../errors/cannot.ts";
import { MAX_PICKLE_DIGITS } from "../io/limits.ts";
import { describeValue } from "./byte_reader.ts";

const simpleEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The text of protocol 0's STRING: a Python literal in quotes. */
export function parseQuotedText(line: string, subject: string): string {
  const quote = line[0];
  if (
    line.length < 2 || (quote !== "'" && quote !== '"') || !line.endsWith(quote)
  ) {
    throw cannot(
      `read ${subject}`,
      `text in a pickle must be quoted, received ${describeValue(line)}`,
      { kind: SyntaxError },
    );
  }
  return line.slice(1, -1).replace(
    /\\(x[0-9a-fA-F]{2}|[^])/g,
    (whole, escape: string) =>
      escape.length === 3
        ? String.fromCharCode(parseInt(escape.slice(1), 16))
        : simpleEscapes[escape] ?? whole,
  );
}

/** The text of protocol 0's UNICODE, with its escapes `\uXXXX` and `\UXXXXXXXX`. */
export function parseEscapedText(line: string): string {
  return line.replace(
    /\\u([0-9a-fA-F]{4})|\\U(0010[0-9a-fA-F]{4}|000[0-9a-fA-F]{5})/g,
    (_, a, b) => String.fromCodePoint(parseInt(a ?? b, 16)),
  );
}

/** A decimal integer of protocol 0, with or without Python 2's final L. */
export function parseInteger(line: string, subject: string): number | bigint {
  const digits = /^\s*[+-]?(\d+)L?\s*$/.exec(line)?.[1];
  if (digits === undefined || digits.length > MAX_PICKLE_DIGITS) {
    throw cannot(
      `read ${subject}`,
      `an integer must have at most ${MAX_PICKLE_DIGITS} digits, received ${
        describeValue(line)
      }`,
      { kind: SyntaxError },
    );
  }
  const integer = line.trim().replace(/L$/, "");
  return toNumber(
    integer.startsWith("+") ? BigInt(integer.slice(1)) : BigInt(integer),
  );
}

/** A float of protocol 0. */
export function parseFloatText(line: string, subject: string): number {
  const special: Record<string, number> = {
    inf: Infinity,
    "-inf": -Infinity,
    nan: NaN,
  };
  const value = special[line.trim()] ?? Number(line);
  if (line.trim() === "" || (Number.isNaN(value) && line.trim() !== "nan")) {
    throw cannot(
      `read ${subject}`,
      `a float must be a decimal number, received ${describeValue(line)}`,
      { kind: SyntaxError },
    );
  }
  return value;
}

/** A little-endian two's-complement integer of any length. */
export function integerFromBytes(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  let hex = "0x";
  for (let i = bytes.length - 1; i >= 0; i--) {
    hex += bytes[i].toString(16).padStart(2, "0");
  }
  return toNumber(BigInt.asIntN(8 * bytes.length, BigInt(hex)));
}

function toNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
