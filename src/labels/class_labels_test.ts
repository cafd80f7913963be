import { assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { encodeRle } from "../masks/rle/rle_encoder.ts";
import { openLabels, type OpenLabelsOptions } from "./open_labels.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-classes-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 6, height: 4 };
const classes = ["Tumor", "Stroma"];
// Two columns of the first class, then three of the second.
const values = Uint8Array.from(
  { length: 24 },
  (_, i) => i % 6 < 2 ? 1 : i % 6 < 5 ? 2 : 0,
);
const rle = (value: number) =>
  encodeRle(values.map((one) => one === value ? 1 : 0), size);

/** Reads a file as labels of "a", around the slide as well, and what is said of it. */
async function read(
  name: string,
  content: string | Uint8Array,
  options: OpenLabelsOptions = { classes },
): Promise<[values: Uint8Array, said: string[]]> {
  const path = `${folder}/${name}`;
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  await Deno.writeFile(path, bytes);
  const said: string[] = [];
  const labels = await openLabels(path, {
    ...options,
    onWarning: (text) => said.push(text),
  });
  await using source = await labels.open({ name: "a", ...size });
  const wide = await source!.readRegion({ x: -1, y: -1, width: 8, height: 6 });
  const inner = await source!.readRegion({ x: 0, y: 0, ...size });
  const border = wide.filter((value, i) =>
    value > 0 && (i % 8 === 0 || i % 8 === 7 || i < 8 || i >= 40)
  );
  assertEquals(border.length, 0);
  return [inner, said];
}

function feature(name: string | undefined, left: number, right: number) {
  const ring = [[left, 0], [right, 0], [right, 4], [left, 4], [left, 0]];
  return {
    type: "Feature",
    geometry: { type: "Polygon", coordinates: [ring] },
    properties: {
      classification: name && { name, color: [1, 2, 3 + left] },
    },
  };
}
const geojson = (...features: unknown[]) => JSON.stringify(features);

Deno.test("openLabels() numbers classes alike in GeoJSON, masks and run-length codes", async () => {
  const gray = encode({ ...size, data: values, channels: 1, depth: 8 });
  const colors = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [9, 9, 9]];
  const indexed = encode({
    ...{ ...size, data: values, channels: 1, depth: 8 },
    palette: colors,
  });
  const wide = new Uint8Array(48);
  values.forEach((value, i) => wide[2 * i] = value);
  const packed = new Uint8Array(8); // two bits a pixel, rows of two bytes
  values.forEach((value, i) => {
    const x = i % 6, at = Math.floor(i / 6) * 2 + (x >> 2);
    packed[at] |= value << 6 - 2 * (x % 4);
  });
  const tiff = (page: Partial<Parameters<typeof makeTiff>[0][0]>) =>
    makeTiff([{ ...size, pixels: values, samples: 1, ...page }]);
  const palette = Array(768).fill(0);
  palette[1] = palette[257] = 0xffff; // what is yellow is not what counts
  const cases: Record<string, string | Uint8Array> = {
    "a.geojson": geojson(
      feature("Stroma", 2, 5),
      feature("Tumor: Positive", 0, 2),
    ),
    "a.png": new Uint8Array(gray),
    "a.mask.png": new Uint8Array(indexed),
    "a.tif": await tiff({ compression: "deflate" }),
    "a.mask.tif": await tiff({ tags: { 262: 3, 320: palette } }),
    "16.tif": await tiff({ pixels: wide, sampleBytes: 2 }),
    "2.tif": await tiff({
      pixels: new Uint8Array(24),
      blocks: [packed],
      tags: { 258: 2, 259: 1 },
    }),
    "names.csv": `id_class,encoding\na_Stroma,${rle(2)}\na_Tumor,${rle(1)}\n`,
    "numbers.csv": `id_class,predicted\na_1,${rle(1)}\na_2,${rle(2)}\nb_2,\n`,
  };
  for (const [name, content] of Object.entries(cases)) {
    const path = /^\d/.test(name) ? `a.tif` : name;
    assertEquals(await read(path, content), [values, []], name);
  }
  const both = { classes: ["Tumor", "Tumor: Positive"], ignored: ["*"] };
  const [nearest] = await read(
    "nearest.geojson".replace("nearest", "a"),
    geojson(feature("Tumor: Positive", 0, 2), feature("Tumor: Weak", 2, 5)),
    both,
  );
  assertEquals([...nearest.subarray(0, 6)], [2, 2, 1, 1, 1, 0]);
});

Deno.test("openLabels() takes the later class where classes overlap, and counts the pixels", async () => {
  const overlap = geojson(
    feature("Stroma", 1, 4),
    feature("Tumor", 0, 3),
    feature("Tumor", 2, 3), // the same class twice is no overlap
  );
  const said = [
    '"a": 8 pixels are in labels of several classes, and count for the last of them in the order of classes',
  ];
  const expected = [1, 2, 2, 2, 0, 0];
  const shown = (mask: Uint8Array) => [...mask.subarray(6, 12)];
  const [polygons, first] = await read("a.geojson", overlap);
  assertEquals([shown(polygons), first], [expected, said]);
  const [codes, second] = await read(
    "overlap.csv",
    "id_class,encoding\na_Stroma,5 12\na_Tumor,1 12\n",
  );
  assertEquals([shown(codes), second], [expected, said]);
  const reversed = { classes: ["Stroma", "Tumor"] };
  const [other] = await read("a.geojson", overlap, reversed);
  assertEquals(shown(other), [2, 2, 2, 1, 0, 0]);
});

Deno.test("openLabels() refuses classes that are not requested, or leaves out those that it is told to", async () => {
  const more = geojson(
    feature("Tumor", 0, 2),
    feature("Stroma", 2, 5),
    feature("Vein", 5, 6),
    feature(undefined, 5, 6),
    feature("Ignore*", 5, 6),
    feature(undefined, 0, 6), // around the slide
  );
  await assertRejects(
    () => read("a.geojson", more),
    RangeError,
    "they have classes that are not among Tumor, Stroma: Vein (1), unclassified (1); add --class for each, or leave them out with --ignore-class NAME",
  );
  for (const ignored of [["Vein", "unclassified"], ["*"]]) {
    assertEquals(await read("a.geojson", more, { classes, ignored }), [values, [
      '"a": annotations of other classes are left out: Ignore* (1), Vein (1), unclassified (1)',
      '"a": 1 unclassified rectangle around the whole slide left out',
    ]]);
  }
  const codes = `id_class,encoding\na_Tumor,${rle(1)}\na_Stroma,${
    rle(2)
  }\na_Vein,24 1\n`;
  await assertRejects(
    () => read("vein.csv", codes),
    RangeError,
    '"a_Vein" does not end with one of the classes Tumor, Stroma or its number; add --class for it, or leave it out with --ignore-class',
  );
  const ignored = ["Vein"];
  assertEquals(await read("vein.csv", codes, { classes, ignored }), [
    values,
    [],
  ]);
  const one = await read("vein.csv", codes, { classification: "Stroma" });
  assertEquals(one[0], values.map((value) => value === 2 ? 1 : 0));
});

Deno.test("openLabels() refuses masks and codes that are not of several classes, and says what to do", async () => {
  const tiff = (page: Partial<Parameters<typeof makeTiff>[0][0]>) =>
    makeTiff([{ ...size, pixels: values, samples: 1, ...page }]);
  const three = values.map((value, i) => i === 7 ? 3 : value);
  const wide = new Uint8Array(48);
  [wide[14], wide[15]] = [1, 1]; // 257
  const floats = new Uint8Array(new Float32Array(24).buffer);
  const cases: [string, string | Uint8Array, string][] = [
    [
      "a.tif",
      await tiff({ pixels: three }),
      "its value at 1,1 is 3, and the classes are 1: Tumor, 2: Stroma; add --class",
    ],
    [
      "a.tif",
      await tiff({ pixels: wide, sampleBytes: 2 }),
      "its value at 1,1 is 255 or more",
    ],
    [
      "a.tif",
      await tiff({ pixels: new Uint8Array(72), samples: 3 }),
      "it has colors, which are not numbers of classes: save it as gray",
    ],
    [
      "a.tif",
      await tiff({ tags: { 262: 0 } }),
      "zero is white in its file",
    ],
    [
      "a.tif",
      await tiff({ pixels: floats, sampleBytes: 4, tags: { 339: 3 } }),
      "floating-point",
    ],
    [
      "one.csv",
      `id,encoding\na,${rle(1)}\n`,
      "run-length codes without a class are of one class, and 2 are requested",
    ],
    [
      "twice.csv",
      "id_class,encoding\na_1,\na_Tumor,\n",
      '"a" has two codes of class Tumor',
    ],
  ];
  for (const [name, content, says] of cases) {
    await assertRejects(() => read(name, content), Error, says);
  }
  // Files of one class serve where one is requested of predictions of several.
  const one = { classes: ["Tumor"] };
  const white = values.map((value) => value === 1 ? 255 : 0);
  const only: [Uint8Array, string[]] = [
    values.map((value) => value === 1 ? 1 : 0),
    [],
  ];
  assertEquals(await read("a.tif", await tiff({ pixels: white }), one), only);
  assertEquals(
    await read("one.csv", `id,encoding\na,${rle(1)}\n`, one),
    only,
  );
  const two = await tiff({});
  await assertRejects(
    () => read("a.tif", two, one),
    RangeError,
    "its value at 2,0 is 2, and the classes are 1: Tumor; add --class",
  );
  await assertRejects(
    () => read("unnamed.csv", "id_class,encoding\na_1,\n", {}),
    RangeError,
    "they are of several classes (id_class): name them with --class NAME",
  );
  await assertRejects(
    () => read("a.tif", new Uint8Array(), { classes: ["a", "a"] }),
    RangeError,
    'two classes have the name "a"',
  );
});

Deno.test("openLabels() gives the colors of classes in GeoJSON", async () => {
  const path = `${folder}/a.geojson`;
  const old = feature("Stroma", 2, 5);
  Object.assign(old.properties, {
    classification: { name: "Stroma", colorRGB: -3670016 },
  });
  await Deno.writeTextFile(path, geojson(feature("Tumor", 0, 2), old));
  const labels = await openLabels(path, { classes });
  await using _ = await labels.open({ name: "a", ...size });
  assertEquals(Object.fromEntries(labels.colors), {
    Tumor: "#010203",
    Stroma: "#c80000",
  });
});
