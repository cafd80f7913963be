const text = new TextEncoder();

/** A summary without what differs between runs. */
function summaryOf(json: string): unknown {
  const { objects, tiles, positiveFraction, warnings } = JSON.parse(json);
  return { objects, tiles, positiveFraction, warnings };
}

/** PNG without its chunk of text, which names the run and has a checksum. */
function withoutText(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.length);
  const kept = [png.subarray(0, 8)];
  for (let at = 8; at < png.length;) {
    const end = at + 12 + view.getUint32(at);
    const kind = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (kind !== "tEXt") kept.push(png.subarray(at, end));
    at = end;
  }
  return Uint8Array.from(kept.flatMap((part) => [...part]));
}

/** A result file with run ids and times that are the same in each run. */
export function normalize(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array {
  if (name.endsWith(".png")) return withoutText(bytes);
  const latin = new TextDecoder("latin1").decode(bytes);
  if (name.endsWith(".json")) {
    return text.encode(JSON.stringify(summaryOf(latin)));
  }
  const id = /\d{8}T\d{6}Z-[0-9a-f]{8}/g;
  if (!name.endsWith(".html")) return text.encode(latin.replaceAll(id, "ID"));
  return text.encode(
    latin.replaceAll(id, "ID")
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, "TIME")
      .replaceAll(/\d+(\.\d+)? (ms|s|min|h)\b/g, "DURATION")
      .replaceAll(/"milliseconds":[\d.e-]+/g, "DURATION")
      .replaceAll(/<h2>Time by stage<\/h2>.*?<\/section>/gs, "STAGES"),
  );
}
