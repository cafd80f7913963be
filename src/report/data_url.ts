/** A JPEG or a PNG as a data URL. */
export function dataUrl(bytes: Uint8Array): string {
  const type = bytes[0] === 0xff ? "image/jpeg" : "image/png";
  return `data:${type};base64,${bytes.toBase64()}`;
}
