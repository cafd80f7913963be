import { assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { encodeRle } from "../masks/rle/rle_encoder.ts";
import { openLabels } from "./open_labels.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-labels-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 6, height: 4 };
const whole = { x: 0, y: 0, ...size };
const mask = Uint8Array.from(
  { length: 24 },
  (_, i) => i % 6 >= 2 && i % 6 < 5 && i >= 6 && i < 18 ? 1 : 0,
);
const square = JSON.stringify({
  type: "Feature",
  geometry: {
    type: "Polygon",
    coordinates: [[[2, 1], [5, 1], [5, 3], [2, 3], [2, 1]]],
  },
});

async function write(
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  if (typeof content === "string") await Deno.writeTextFile(path, content);
  else await Deno.writeFile(path, content);
  return path;
}

const csv = await write(
  "train.csv",
  `id,encoding\na,${encodeRle(mask, size)}\nempty,\n`,
);

Deno.test("openLabels() reads the same mask from a CSV, GeoJSON, a TIFF, a PNG and a folder", async () => {
  const tiff = await makeTiff([{
    ...size,
    pixels: mask.map((v) => v * 255),
    samples: 1,
  }]);
  const gray = mask.map((v) => v * 255);
  const png = encode({ ...size, data: gray, channels: 1, depth: 8 });
  const paths = [
    csv,
    await write("png/a.mask.png", png as Uint8Array<ArrayBuffer>),
    await write("one/a.geojson", square),
    await write("two/a.mask.tif", tiff),
    `${folder}/one`,
    `${folder}/two`,
  ];
  for (const path of paths) {
    const labels = await openLabels(path);
    await using source = await labels.open({ name: "a", ...size });
    assertEquals(await source?.readRegion(whole), mask, path);
    assertEquals(await labels.open({ name: "other", ...size }), undefined);
  }
});

Deno.test("openLabels() lists the ids that files name, empty masks among them", async () => {
  const { ids, open } = await openLabels(csv);
  assertEquals(ids, ["a", "empty"]);
  await using source = await open({ name: "empty", ...size });
  assertEquals(await source?.readRegion(whole), new Uint8Array(24));
});

Deno.test("openLabels() names the slide whose labels do not fit", async () => {
  const labels = await openLabels(csv);
  await assertRejects(
    () => labels.open({ name: "a", width: 2, height: 4 }),
    RangeError,
    'Cannot open the labels of "a": runs must be within pixels 1 to 8, received',
  );
  const { open } = await openLabels(`${folder}/two`);
  await assertRejects(
    () => open({ name: "a", width: 9, height: 4 }),
    RangeError,
    'labels of "a": its size must be the slide\'s, 9×4, not 6×4',
  );
});

Deno.test("openLabels() refuses ids that come twice, other files, and none", async () => {
  const again = await write("again/a.geojson", square);
  await assertRejects(
    () => openLabels([csv, again]),
    RangeError,
    'labels for "a", too',
  );
  const twice = await write("twice.csv", "id,encoding\na,\na,1 1\n");
  await assertRejects(
    () => openLabels(twice),
    SyntaxError,
    'line 3 repeats the id "a"',
  );
  await assertRejects(
    () => openLabels(`${folder}/no.csv`),
    Error,
    "does not exist",
  );
  const { message } = await assertRejects(
    () => openLabels(`${csv}/no.csv`), // a file is no folder
    Error,
    "Not a directory (os error 20)",
  );
  assertEquals(message.includes("does not exist"), false);
  const text = await write("notes.txt", "");
  await assertRejects(() => openLabels(text), TypeError, "notes.txt");
});

Deno.test("openLabels() does not take a colored slide for its mask", async () => {
  const pixels = Uint8Array.from({ length: 72 }, (_, i) => i);
  await write("three/a.tif", await makeTiff([{ ...size, pixels }]));
  const labels = await openLabels(`${folder}/three`);
  await using source = await labels.open({ name: "a", ...size });
  await assertRejects(
    () => source!.readRegion(whole),
    TypeError,
    "it has colors, like a slide",
  );
});

/** A feature around the mask's square, or another box. */
function feature(
  name: string | undefined,
  [left, top, right, bottom] = [2, 1, 5, 3],
): unknown {
  const coordinates = [[
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
    [left, top],
  ]];
  return {
    type: "Feature",
    geometry: { type: "Polygon", coordinates },
    properties: { objectType: "annotation", classification: name && { name } },
  };
}
const point = {
  type: "Feature",
  geometry: { type: "Point", coordinates: [1, 1] },
  properties: { classification: { name: "cell" } },
};

/** The mask of "a" in GeoJSON, and what is said of it. */
async function openText(
  content: string | Uint8Array<ArrayBuffer>,
  { name = "a.geojson", ...options }: {
    name?: string;
    classification?: string;
  } = {},
): Promise<[Uint8Array, string[]]> {
  const path = await write(`text/${name}`, content);
  const said: string[] = [];
  const labels = await openLabels(path, {
    ...options,
    onWarning: (text) => said.push(text),
  });
  await using source = await labels.open({ name: "a", ...size });
  return [await source!.readRegion(whole), said];
}

Deno.test("openLabels() reads GeoJSON with a byte order mark and in gzip, alone and in a folder", async () => {
  assertEquals(await openText("\ufeff" + square), [mask, []]);
  const stream = new Blob([square]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  const zipped = new Uint8Array(await new Response(stream).arrayBuffer());
  const name = "a.geojson.gz";
  assertEquals(await openText(zipped, { name }), [mask, []]);
  await write("zipped/a.geojson.gz", zipped);
  const labels = await openLabels(`${folder}/zipped`);
  await using source = await labels.open({ name: "a", ...size });
  assertEquals(await source?.readRegion(whole), mask);
});

Deno.test("openLabels() leaves out points, whole slides and ignored classes, and says so", async () => {
  const features = [
    feature("Tumor"),
    point,
    point,
    { ...point, geometry: null },
    feature(undefined, [0, 0, 6, 4]),
    feature("Ignore*", [0, 0, 3, 3]),
  ];
  assertEquals(await openText(JSON.stringify(features)), [mask, [
    '"a": 2 points left out',
    '"a": 1 empty annotation left out',
    '"a": annotations of classes that QuPath ignores are left out: Ignore* (1); --class takes one',
    '"a": 1 unclassified rectangle around the whole slide left out',
  ]]);
});

Deno.test("openLabels() needs a class where there are several, in one file or in two", async () => {
  const text = JSON.stringify([feature("Tumor"), feature("B", [0, 0, 1, 1])]);
  await assertRejects(
    () => openText(text),
    RangeError,
    `Cannot open the labels of "a": they have several classes, B (1), Tumor (1); choose one with --class NAME, several by repeating it, or all as one with --class '*'`,
  );
  assertEquals(await openText(text, { classification: "Tumor" }), [mask, []]);
  const all = mask.slice();
  all[0] = 1;
  assertEquals(await openText(text, { classification: "*" }), [all, []]);

  await write("two-classes/a.geojson", JSON.stringify(feature("Tumor")));
  await write("two-classes/b.geojson", JSON.stringify(feature("B")));
  const labels = await openLabels(`${folder}/two-classes`);
  await using _ = await labels.open({ name: "a", ...size });
  await assertRejects(
    () => labels.open({ name: "b", ...size }),
    RangeError,
    'labels of "b": they have several classes, B (1), Tumor (1)',
  );
  await using again = await labels.open({ name: "a", ...size });
  assertEquals(await again?.readRegion(whole), mask);
  assertEquals([...labels.classes], [["Tumor", 1], ["B", 1]]);
});

Deno.test("openLabels() says where a slide has none of the class, and refuses a class of what has none", async () => {
  const path = await write("class/a.geojson", JSON.stringify(feature("Tumor")));
  const said: string[] = [];
  const labels = await openLabels([csv, `${folder}/class`], {
    classification: "B",
    onWarning: (text) => said.push(text),
  });
  assertEquals(await labels.classesOf("b"), undefined);
  await assertRejects(
    () => labels.open({ name: "a", ...size }),
    TypeError,
    "only GeoJSON has classes, not run-length codes; omit --class",
  );
  const other = await openLabels(path, {
    classification: "B",
    onWarning: (text) => said.push(text),
  });
  assertEquals(await other.classesOf("a"), new Map([["Tumor", 1]]));
  await using source = await other.open({ name: "a", ...size });
  assertEquals(await source?.readRegion(whole), new Uint8Array(24));
  assertEquals(said, [
    '"a": no annotation is of class B, so that its mask is empty: there are Tumor (1)',
  ]);
});

Deno.test("openLabels() reads masks of ids in 16 bits, and says how it takes white that is zero", async () => {
  const pixels = new Uint8Array(48);
  mask.forEach((set, i) => pixels[i * 2] = set * (1 + i));
  const page = { ...size, pixels, samples: 1, sampleBytes: 2 };
  const labels = await openLabels(
    await write("ids/a.tif", await makeTiff([page])),
  );
  await using source = await labels.open({ name: "a", ...size });
  assertEquals(await source?.readRegion(whole), mask);
  const inside = { x: 2, y: 1, width: 3, height: 2 };
  assertEquals(await source?.readRegion(inside), new Uint8Array(6).fill(1));

  const tags = { 262: 0 };
  const inverse = {
    ...size,
    pixels: mask.map((v) => 1 - v && 255),
    samples: 1,
  };
  const path = await write(
    "white/a.tif",
    await makeTiff([{ ...inverse, tags }]),
  );
  const said: string[] = [];
  const white = await openLabels(path, {
    onWarning: (text) => said.push(text),
  });
  await using read = await white.open({ name: "a", ...size });
  assertEquals(await read?.readRegion(whole), mask);
  assertEquals(said, [
    '"a": of its mask, zero is white in its file: black is taken as background',
  ]);
});
