import { join } from "node:path";
import { AtomicFile } from "../io/atomic_file.ts";
import { csvLine, type CsvRecord, readCsv } from "../io/csv.ts";

/** Characters to buffer before a write. */
const CHUNK = 1 << 18;

/**
 * Joins the tables of objects of several slides to one, `objects.csv`, with the slide in the first column. Tables of older
 * runs may have other columns; missing values stay empty.
 *
 * @param slides The places of the slides' results in the folder, without a suffix.
 * @throws {Error} If a table cannot be read, or the file cannot be written.
 */
export async function writeObjectTable(
  out: string,
  slides: readonly string[],
): Promise<void> {
  const paths = slides.map((slide) => join(out, `${slide}.objects.csv`));
  const columns = new Set<string>();
  // One for all: those of thousands of tables would be garbage of hundreds of megabytes.
  const block = new Uint8Array(1 << 16);
  for (const path of paths) {
    for await (const { fields } of recordsOf(path, block)) {
      fields.forEach((name) => columns.add(columnOf(name)));
      break;
    }
  }
  await using file = await AtomicFile.create(join(out, "objects.csv"));
  const encoder = new TextEncoder();
  let text = csvLine(["slide", ...columns]);
  for (const [i, path] of paths.entries()) {
    let places: readonly number[] | undefined; // of the columns in this table
    for await (const { fields } of recordsOf(path, block)) {
      if (!places) {
        const names = fields.map(columnOf);
        places = [...columns].map((name) => names.indexOf(name));
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

/** A column's name; earlier versions wrote `centre_x` and `centre_y`. */
function columnOf(name: string): string {
  return name.replace(/^centre_(?=[xy]$)/, "center_");
}

function recordsOf(
  path: string,
  block: Uint8Array,
): AsyncIterable<CsvRecord> {
  return readCsv(textOf(path, block), { trim: false });
}

/** The text of a file, read through one array. */
async function* textOf(
  path: string,
  block: Uint8Array,
): AsyncGenerator<string> {
  using file = await Deno.open(path);
  const decoder = new TextDecoder();
  for (;;) {
    const count = await file.read(block);
    if (count === null) break;
    yield decoder.decode(block.subarray(0, count), { stream: true });
  }
  yield decoder.decode();
}
