// CSV, run-length codes, GeoJSON, and the JSON of slides, tiles and tunings.
import { gzipSync } from "node:zlib";
import { readCsv } from "../../../src/io/csv.ts";
import {
  openLabels,
  type OpenLabelsOptions,
} from "../../../src/labels/open_labels.ts";
import { readRleCsv } from "../../../src/masks/rle/decode_rle.ts";
import { Tuning } from "../../../src/predict/tuning.ts";
import { readReportEntry } from "../../../src/report/report_entry.ts";
import { findResults } from "../../../src/run/find_results.ts";
import { readSlideList } from "../../../src/run/list_slides.ts";
import { tileFolderSamples } from "../../../src/train/data/tile_folder_samples.ts";
import { INDEX_HEADER } from "../../../src/train/data/tile_folder_writer.ts";
import { readObjects } from "../../../src/view/read_objects.ts";
import { makeCorrections, region } from "../../helpers/make_corrections.ts";
import { damageBytes } from "../mutate/bytes.ts";
import { mutateJson } from "../mutate/json.ts";
import { attackTexts, mutateText, toBytes } from "../mutate/text.ts";
import type { Bytes, Mutate, Reader } from "../reader.ts";

const decode = (input: Bytes) => new TextDecoder().decode(input);

const CSV_WORDS = [
  ...['"', '""', ",", "\r\n", "\r", "\n", " ", "\t", '"a,b"', ",,", '" "'],
];
const CSVS = [
  'id,encoding\nkidney,1 3 10 2\n"a ""b""",\r\n',
  "id,predicted\r\na,5 4 11 1\r\n",
  "path,mpp\nhttps://localhost/a.svs,0.5\nb.tif,\n",
];
const CLASS_CSV = "id_class,encoding\ninput_Tumor,1 3\ninput_2,2 5 11 1\n";
const RLE_WORDS = [
  ...[...CSV_WORDS, "1 2 ", "1 99999999999 ", "0 1", "id,", "id_class,"],
  ...["_1", "_Tumor", "input_3,"],
];

const ring = [[1, 1], [9, 1], [9, 9], [1, 9], [1, 1]];
const feature = (name: string) => ({
  type: "Feature",
  geometry: { type: "Polygon", coordinates: [ring] },
  properties: {
    objectType: "annotation",
    classification: { name, color: [0, 200, 83] },
    measurements: [{ name: "Area px^2", value: 64 }],
  },
});
const GEOJSON = [
  JSON.stringify({
    type: "FeatureCollection",
    features: [feature("Tumor"), feature("Tumor")],
  }),
  JSON.stringify([feature("a")]),
  JSON.stringify({
    type: "GeometryCollection",
    geometries: [
      { type: "MultiPolygon", coordinates: [[ring], [ring]] },
      { type: "Point", coordinates: [1, 2] },
    ],
  }),
];
const CORRECTIONS = makeCorrections(
  { name: "input", width: 20, height: 10 },
  [
    { box: [1, 1, 5, 5], state: "accepted", name: "Tumor" },
    { box: [6, 1, 9, 5], state: "rejected", name: "Tumor" },
    { box: [12, 2, 16, 9], name: "Tumor" },
    region(10, 0, 20, 8),
  ],
);
const GEOJSON_WORDS = [
  ...[
    '"type":',
    '"Feature"',
    '"FeatureCollection"',
    '"features":[',
    "[[",
    "]]",
  ],
  ...[
    '"GeometryCollection"',
    '"geometries":[{',
    '"coordinates":',
    "null",
    "[1,1],",
  ],
  ...[
    '"MultiPolygon"',
    '"names":["a","b"]',
    '{"type":"FeatureCollection","features":[',
  ],
  ...['{"type":"GeometryCollection","geometries":['],
  ...['"tilewise":', '"Region*"', '"tilewise.state":"drawn"', '"metadata":'],
];

const SUMMARY = JSON.stringify({
  slide: { name: "input", width: 9, height: 9 },
  objects: { count: 1, areaPx: { median: 3 } },
  tiles: { seen: 1, kept: 1 },
  positiveFraction: 0.5,
});
const TILES = JSON.stringify({
  size: 64,
  mpp: 0.5,
  slideMpp: [0.25, 0.5],
  slides: ["a"],
  mean: [0.5, 0.5, 0.5],
  std: [0.1, 0.1, 0.1],
});
const JSON_WORDS = [
  ...[
    '"size":',
    '"slides":',
    "[",
    "{",
    '"std":',
    '"mean":',
    '"mpp":',
    "[0,0,0]",
  ],
  ...['"slideMpp":', '"name":', '"objects":', '"count":'],
];

/** Labels of a slide of 20×10, read in two regions: of one class, or of several. */
async function readLabels(
  path: string,
  options: OpenLabelsOptions = { preferred: "Tumor" },
): Promise<void> {
  const labels = await openLabels(path, options);
  for (const name of [...labels.ids, "input"].slice(0, 3)) {
    await using one = await labels.open({ name, width: 20, height: 10 });
    await one?.readRegion({ x: 0, y: 0, width: 20, height: 10 });
    await one?.readRegion({ x: -3, y: 4, width: 8, height: 20 });
    const known = await one?.readKnown?.({ x: 0, y: 0, width: 20, height: 10 });
    if (known && known.reduce((a, b) => a + b) !== one?.knownPixels) {
      throw "known pixels are not those that are counted";
    }
  }
}

const CLASSES = { classes: ["Tumor", "a"], ignored: ["*"] };

const gzip: Mutate = (input, dice) =>
  dice.once(2) ? new Uint8Array(gzipSync(input)) : damageBytes(input, dice);

const geojsonAttacks = () =>
  attackTexts(GEOJSON_WORDS, { start: '{"type":"Feature","geometry":' })
    .concat(nested())
    .map(toBytes);

/** Collections within collections, and one ring of many points. */
function nested(): string[] {
  const nest = (start: string, middle: string, end: string) =>
    start.repeat(5000) + middle + end.repeat(5000);
  const points = Array.from({ length: 30_000 }, (_, i) => `[${i % 20},${i}]`);
  return [
    nest('{"type":"FeatureCollection","features":[', "", "]}"),
    nest("[", "", "]"),
    nest('{"type":"GeometryCollection","geometries":[', "", "]}"),
    `{"type":"Polygon","coordinates":[[${points.join()}]]}`,
  ];
}

/** A CSV of each kind of record that is too long for one. */
function longCsvs(): string[] {
  return [
    `id,encoding\na,"${'""'.repeat(500_000)}"\n`,
    `id,encoding\na,${"1 ".repeat(500_000)}\n`,
    `id,encoding\na,"${"\n".repeat(500_000)}"\n`,
    `id,encoding${",".repeat(500_000)}\n`,
    `id,encoding\n${"a\n".repeat(200_000)}`,
  ];
}

export const TEXT_READERS: readonly Reader[] = [
  {
    name: "csv",
    corpus: () => CSVS.map(toBytes),
    attacks: () => [...attackTexts(CSV_WORDS), ...longCsvs()].map(toBytes),
    mutate: [mutateText(CSV_WORDS)],
    async read(input) {
      const text = decode(input);
      const size = 1 + text.length % 97 + (text.length >> 4);
      const pieces = Array.from(
        { length: Math.ceil(text.length / size) },
        (_, i) => text.slice(i * size, (i + 1) * size),
      );
      const inPieces = await Array.fromAsync(readCsv(stream(pieces)));
      const whole = await Array.fromAsync(readCsv(stream([text])));
      if (JSON.stringify(inPieces) !== JSON.stringify(whole)) {
        throw "a CSV is another when it comes in pieces";
      }
    },
  },
  {
    name: "rle_csv",
    corpus: () => [CLASS_CSV, ...CSVS.slice(0, 2)].map(toBytes),
    attacks: () =>
      [...attackTexts(RLE_WORDS, { start: "id,encoding\na," }), ...longCsvs()]
        .map(toBytes),
    mutate: [mutateText(RLE_WORDS)],
    file: "input.csv",
    async read(input, path) {
      const text = decode(input);
      readRleCsv(text);
      await readLabels(path, text.startsWith("id_class") ? CLASSES : undefined);
    },
  },
  {
    name: "slide_list",
    corpus: () => CSVS.slice(2).map(toBytes),
    attacks: () =>
      attackTexts([...CSV_WORDS, "../", "http://"], { start: "path,mpp\n" })
        .map(toBytes),
    mutate: [mutateText([...CSV_WORDS, "path", "mpp", "id", "../", "1e-9"])],
    file: "input.csv",
    read: (_, path) => readSlideList(path),
  },
  {
    name: "geojson",
    corpus: () => [...GEOJSON, CORRECTIONS].map(toBytes),
    attacks: geojsonAttacks,
    mutate: [mutateJson, mutateText(GEOJSON_WORDS)],
    file: "input.geojson",
    // Every other input as labels of several classes.
    read: ({ length }, path) =>
      readLabels(path, length % 2 === 0 ? CLASSES : undefined),
  },
  {
    name: "geojson_gz",
    corpus: () =>
      GEOJSON.map((text) => new Uint8Array(gzipSync(toBytes(text)))),
    attacks: () => [
      new Uint8Array(gzipSync(new Uint8Array(100_000_000))),
    ],
    mutate: [gzip],
    file: "input.geojson.gz",
    read: (_, path) => readLabels(path),
  },
  {
    name: "view_objects",
    corpus: () => GEOJSON.map(toBytes),
    attacks: geojsonAttacks,
    mutate: [mutateJson, mutateText(GEOJSON_WORDS)],
    file: "input.geojson",
    read: (_, path) => readObjects(path, { mpp: { x: 0.5, y: 0.5 } }),
  },
  {
    name: "tile_folder",
    corpus:
      () => [toBytes(`${TILES}\0${INDEX_HEADER}\na,0,0,a.png,b.png,1,2\n`)],
    attacks: () =>
      ["", '{"size":', `${TILES}\0`, `${TILES}\0${INDEX_HEADER}\n`]
        .flatMap((start) => attackTexts(JSON_WORDS, { start })).map(toBytes),
    mutate: [mutateText([...JSON_WORDS, ...CSV_WORDS, "\0"])],
    file: "tiles.json",
    async read(input, path) {
      const [summary, index = ""] = decode(input).split("\0");
      const folder = path.replace(/tiles\.json$/, "");
      await Deno.writeTextFile(path, summary);
      await Deno.writeTextFile(`${folder}index.csv`, index);
      try {
        await tileFolderSamples(folder);
      } finally {
        await Deno.remove(`${folder}index.csv`);
      }
    },
  },
  {
    name: "slide_summary",
    corpus: () => [toBytes(SUMMARY)],
    attacks: () => attackTexts(JSON_WORDS, { start: '{"slide":' }).map(toBytes),
    mutate: [mutateJson, mutateText(JSON_WORDS)],
    file: "input.json",
    async read(input, path) {
      const text = decode(input);
      Tuning.parse(text);
      readReportEntry(
        `<script type="application/json" id="data">${text}</script>`,
      );
      await findResults(path.slice(0, path.lastIndexOf("/")));
    },
  },
];

async function* stream(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}
