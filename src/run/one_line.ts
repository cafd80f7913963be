/** An error for people: one line, without a stack. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error
    ? error.message || error.name
    : String(error);
  return message.replace(/\s+/g, " ").trim();
}
