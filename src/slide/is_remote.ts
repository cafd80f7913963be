/** Whether a slide is on a server. */
export function isRemote(source: string | URL | Blob): boolean {
  return !(source instanceof Blob) && /^https?:/i.test(String(source));
}

/** Whether a slide is a local file that is named by a URL. */
export function isFileUrl(source: string | URL | Blob): boolean {
  return !(source instanceof Blob) && /^file:/i.test(String(source)) &&
    URL.canParse(String(source));
}
