/** Bytes that are turned into text at a time: three make four letters. */
const THREES = 3 << 12;

/** A JPEG or a PNG as a data URL. */
export function dataUrl(bytes: Uint8Array): string {
  const type = bytes[0] === 0xff ? "image/jpeg" : "image/png";
  let text = `data:${type};base64,`;
  for (let at = 0; at < bytes.length; at += THREES) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + THREES)));
  }
  return text;
}
