import { csvLine, type CsvRecord, readCsv } from "../io/csv.ts";
import { AtomicFile } from "../io/atomic_file.ts";

/** Characters that are worth a write. */
const CHUNK = 1 << 18;

/**
 * Writes the tables of objects of several slides as one, `objects.csv`, with the slide in a first column. Tables of older
 * runs may have other columns: what one of them lacks stays empty.
 *
 * @param slides Where the slides' results lie in the folder, without an ending.
 * @throws {Error} If a table cannot be read, or this one not be written.
 */
export async function writeObjectTable(
  out: string,
  slides: readonly string[],
): Promise<void> {
  const paths = slides.map((slide) => `${out}/${slide}.objects.csv`);
  const columns = new Set<string>();
  for (const path of paths) {
    for await (const { fields } of recordsOf(path)) {
      fields.forEach((name) => columns.add(name));
      break;
    }
  }
  await using file = await AtomicFile.create(`${out}/objects.csv`);
  const encoder = new TextEncoder();
  let text = csvLine(["slide", ...columns]);
  for (const [i, path] of paths.entries()) {
    let places: readonly number[] | undefined; // of the columns in this table
    for await (const { fields } of recordsOf(path)) {
      if (!places) {
        places = [...columns].map((name) => fields.indexOf(name));
        continue;
      }
      text += csvLine([slides[i], ...places.map((at) => fields[at] ?? "")]);
      if (text.length < CHUNK) continue;
      await file.write(encoder.encode(text));
      text = "";
    }
  }
  await file.write(encoder.encode(text));
  await file.close();
}

async function* recordsOf(path: string): AsyncGenerator<CsvRecord> {
  using file = await Deno.open(path);
  const pieces = file.readable.pipeThrough(new TextDecoderStream());
  yield* readCsv(pieces, { trim: false });
}
