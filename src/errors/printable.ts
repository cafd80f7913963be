const SHORT: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * Shows the characters that control a terminal, break a line, or reverse the direction of text, as `\n`, `\x1b` or
 * `\u{202e}`. Names of files, and what files say, may contain them.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    (character) => {
      const code = character.charCodeAt(0);
      const digits = code.toString(16);
      return SHORT[character] ??
        (code < 256 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`);
    },
  );
}
