/**
 * Leaves out the characters of `padding` that end a text; a regular expression would take quadratic time over those within
 * it.
 */
export function withoutEnd(text: string, padding: string): string {
  let end = text.length;
  while (end > 0 && padding.includes(text[end - 1])) end--;
  return text.slice(0, end);
}
