/** Splits a line of CSV at its commas, not at those within quotes. */
export function splitRecord(record: string): string[] {
  if (!record.includes('"')) {
    return record.split(",").map((field) => field.trim());
  }
  const fields = [
    ...record.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g),
  ];
  return fields.map(([, quoted, plain]) =>
    quoted?.replaceAll('""', '"') ?? plain.trim()
  );
}
