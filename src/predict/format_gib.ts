/** Bytes as people read them: three digits, in GiB. */
export function formatGib(bytes: number): string {
  return `${Number((bytes / 2 ** 30).toPrecision(3))} GiB`;
}
