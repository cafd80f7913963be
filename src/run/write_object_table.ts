import { AtomicFile } from "../masks/atomic_file.ts";
import { csvField } from "../masks/csv_field.ts";
import { splitRecord } from "../masks/split_record.ts";

/** Characters that are worth a write. */
const CHUNK = 1 << 18;

/**
 * Writes the tables of objects of several slides as one, `objects.csv`, with the slide in a first column. Tables of older
 * runs may have other columns: what one of them lacks stays empty.
 *
 * @param places Where the slides' results lie in the folder, without an ending.
 * @throws {Error} If a table cannot be read, or this one not be written.
 */
export async function writeObjectTable(
  out: string,
  places: readonly string[],
): Promise<void> {
  const paths = places.map((place) => `${out}/${place}.objects.csv`);
  const columns = new Set<string>();
  for (const path of paths) {
    for await (const header of recordsOf(path)) {
      splitRecord(header).forEach((name) => columns.add(name));
      break;
    }
  }
  const header = [...columns].map(csvField).join(",");
  await using file = await AtomicFile.create(`${out}/objects.csv`);
  const encoder = new TextEncoder();
  let text = `slide,${header}\n`;
  for (const [i, path] of paths.entries()) {
    const slide = csvField(places[i]);
    let own: string[] | undefined;
    let isSame = false;
    for await (const record of recordsOf(path)) {
      if (!own) {
        own = splitRecord(record);
        isSame = own.map(csvField).join(",") === header;
        continue;
      }
      const row = isSame ? record : arranged(record, own, columns);
      text += `${slide},${row}\n`;
      if (text.length < CHUNK) continue;
      await file.write(encoder.encode(text));
      text = "";
    }
  }
  await file.write(encoder.encode(text));
  await file.close();
}

/** A record with the fields of other columns, in their order. */
function arranged(
  record: string,
  own: readonly string[],
  columns: ReadonlySet<string>,
): string {
  const fields = splitRecord(record);
  return [...columns].map((name) => csvField(fields[own.indexOf(name)] ?? ""))
    .join(",");
}

/** The records of a CSV without their line ends; quoted fields may hold some. */
async function* recordsOf(
  path: string,
): AsyncGenerator<string, void, undefined> {
  using file = await Deno.open(path);
  let rest = "";
  const pieces = file.readable.pipeThrough(new TextDecoderStream());
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    let open = "";
    for (const line of lines) {
      const record = open + line;
      if (isWhole(record)) {
        open = "";
        if (record !== "") yield record.replace(/\r$/, "");
      } else {
        open = `${record}\n`;
      }
    }
    rest = open + rest;
  }
  if (rest !== "") yield rest.replace(/\r$/, "");
}

/** Whether each quote of a record is closed. */
function isWhole(record: string): boolean {
  return !record.includes('"') || record.split('"').length % 2 === 1;
}
