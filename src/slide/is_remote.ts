/** Whether a slide lies on a server. */
export function isRemote(source: string | URL | Blob): boolean {
  return !(source instanceof Blob) && /^https?:/i.test(String(source));
}
