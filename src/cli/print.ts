import { printable } from "../errors/cannot.ts";

/** Prints a line on standard output. Control characters, which names may contain, are shown instead of sent. */
export function printLine(text: string): void {
  console.log(printable(text));
}

/** Prints a line on standard error, likewise. */
export function printError(text: string): void {
  console.error(printable(text));
}

/** Prints lines on standard output. Names in them must be {@linkcode printable}, or they could add lines. */
export function printLines(text: string): void {
  console.log(text.split("\n").map(printable).join("\n"));
}

/** Prints JSON on standard output. `JSON.stringify()` leaves some control characters as they are. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, null, 2);
  console.log(
    text.replace(
      /(?!\n)[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
      (character) =>
        `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}
