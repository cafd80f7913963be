import { assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { makeTiff } from "../../tests/make_tiff.ts";
import { encodeRle } from "../masks/encode_rle.ts";
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
  const grey = mask.map((v) => v * 255);
  const png = encode({ ...size, data: grey, channels: 1, depth: 8 });
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
    'Cannot open the labels of "a" as its runs must lie within 1 to 8: received',
  );
  const { open } = await openLabels(`${folder}/two`);
  await assertRejects(
    () => open({ name: "a", width: 9, height: 4 }),
    RangeError,
    'labels of "a" as it must be as large as its slide, 9×4: received 6×4',
  );
});

Deno.test("openLabels() refuses ids that come twice, other files, and none", async () => {
  const again = await write("again/a.geojson", square);
  await assertRejects(() => openLabels([csv, again]), RangeError, '"a" again');
  const twice = await write("twice.csv", "id,encoding\na,\na,1 1\n");
  await assertRejects(
    () => openLabels(twice),
    SyntaxError,
    '"a" again on line 3',
  );
  await assertRejects(
    () => openLabels(`${folder}/no.csv`),
    Error,
    "does not exist",
  );
  const text = await write("notes.txt", "");
  await assertRejects(() => openLabels(text), TypeError, "notes.txt");
});

Deno.test("openLabels() does not take a coloured slide for its mask", async () => {
  const pixels = Uint8Array.from({ length: 72 }, (_, i) => i);
  await write("three/a.tif", await makeTiff([{ ...size, pixels }]));
  const labels = await openLabels(`${folder}/three`);
  await using source = await labels.open({ name: "a", ...size });
  await assertRejects(
    () => source!.readRegion(whole),
    TypeError,
    "must be grey",
  );
});
