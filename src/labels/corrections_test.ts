import { assertEquals, assertRejects } from "@std/assert";
import {
  type Box,
  type Correction,
  makeCorrections,
  region,
} from "../../tests/helpers/make_corrections.ts";
import { openLabels, type OpenLabelsOptions } from "./open_labels.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-corrections-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const slide = { name: "a", width: 12, height: 8 };
const whole = { x: 0, y: 0, width: 12, height: 8 };
const path = `${folder}/a.corrected.geojson`;

/** Pixels, known pixels and warnings of corrections. */
async function read(
  objects: readonly Correction[],
  options: OpenLabelsOptions = {},
  text = makeCorrections(slide, objects),
) {
  await Deno.writeTextFile(path, text);
  const warnings: string[] = [];
  const onWarning = (line: string) => warnings.push(line);
  const labels = await openLabels(path, { ...options, onWarning });
  await using source = (await labels.open(slide))!;
  const pixels = await source.readRegion(whole);
  const known = await source.readKnown?.(whole);
  return { pixels, known, warnings, knownPixels: source.knownPixels, labels };
}

/** A mask that says of each pixel whether one of the boxes has it. */
const boxes = (...all: readonly Box[]) =>
  Uint8Array.from({ length: 96 }, (_, i) => {
    const [x, y] = [i % 12, Math.floor(i / 12)];
    return Number(
      all.some(([left, top, right, bottom]) =>
        x >= left && x < right && y >= top && y < bottom
      ),
    );
  });
const onlyKnown = ({ pixels, known }: Awaited<ReturnType<typeof read>>) =>
  pixels.map((value, i) => known![i] && value);

Deno.test("openLabels() knows what is decided and what is in a region, and nothing else", async () => {
  const found = await read([
    { box: [0, 0, 2, 2], state: "accepted" },
    { box: [2, 0, 4, 2], state: "changed" },
    { box: [0, 6, 2, 8], state: "drawn" },
    { box: [4, 0, 6, 2], state: "rejected" },
    { box: [10, 0, 12, 2] }, // undecided, outside
    region(6, 4, 12, 8),
    { box: [8, 5, 9, 6] }, // undecided, inside
    { box: [5, 6, 7, 8] }, // undecided, across the border
    { box: [10, 6, 12, 8], state: "rejected" },
  ]);
  const decided: Box[] = [[0, 0, 4, 2], [0, 6, 2, 8]];
  const known = boxes(...decided, [4, 0, 6, 2], [6, 4, 12, 8]);
  assertEquals(found.known, known);
  assertEquals(found.knownPixels, known.filter((one) => one).length);
  assertEquals(
    onlyKnown(found),
    boxes(...decided, [8, 5, 9, 6], [6, 6, 7, 8]),
  );
  // What is unknown is given as it was predicted.
  assertEquals(
    found.pixels,
    boxes(...decided, [10, 0, 12, 2], [8, 5, 9, 6], [5, 6, 7, 8]),
  );
  assertEquals(found.warnings, [
    '"a": corrections: 1 accepted, 1 changed, 1 drawn, 2 rejected, 1 region; undecided: 2 in regions taken, 1 left out; 41.7 % of the slide is known, the rest is not',
  ]);
});

Deno.test("openLabels() takes the rest of corrections as background if that is said", async () => {
  const { pixels, known, warnings } = await read([
    { box: [0, 0, 2, 2], state: "accepted" },
    { box: [10, 0, 12, 2] },
    region(6, 4, 12, 8),
    { box: [5, 6, 7, 8] },
  ], { unlabeled: "background" });
  assertEquals(pixels, boxes([0, 0, 2, 2], [6, 6, 7, 8]));
  assertEquals(known, undefined);
  assertEquals(
    warnings[0].split("; ").at(-1),
    "29.2 % of the slide is known, the rest counts as background, by --unlabeled",
  );
});

Deno.test("openLabels() lets what is decided win over what is not, and objects over rejected ones", async () => {
  const found = await read([
    { box: [0, 0, 4, 4], state: "rejected", name: "Tumor" },
    { box: [0, 0, 2, 2], state: "drawn", name: "Stroma" },
    { box: [1, 0, 6, 2], name: "Tumor" },
    region(4, 0, 8, 4),
    { box: [6, 0, 8, 2], state: "accepted", name: "Stroma" },
    { box: [7, 1, 8, 4], name: "Tumor" },
  ], { classes: ["Stroma", "Tumor"] });
  const tumor = boxes([4, 0, 6, 2], [7, 2, 8, 4]);
  assertEquals(
    onlyKnown(found),
    boxes([0, 0, 2, 2], [6, 0, 8, 2]).map((one, i) => one || 2 * tumor[i]),
  );
  assertEquals(found.known, boxes([0, 0, 8, 4]));
});

Deno.test("openLabels() knows decided objects of other classes as background, and not those that QuPath ignores", async () => {
  const objects: Correction[] = [
    { box: [0, 0, 2, 2], state: "accepted", name: "Tumor: Positive" },
    { box: [2, 0, 4, 2], state: "accepted", name: "Stroma" },
    { box: [4, 0, 6, 2], state: "drawn", name: "Fold*" },
    { box: [6, 0, 8, 8], state: "rejected", name: "Region*" },
    { box: [0, 0, 12, 8], state: "drawn" }, // around the slide
  ];
  const found = await read(objects, { classification: "Tumor" });
  assertEquals(found.known, boxes([0, 0, 4, 2]));
  assertEquals(onlyKnown(found), boxes([0, 0, 2, 2]));
  assertEquals([...found.labels.classes.keys()], [
    ...["Tumor: Positive", "Stroma", "Fold*", "unclassified"],
  ]);
  await assertRejects(
    () => read(objects),
    RangeError,
    "choose one with --class NAME",
  );
  await assertRejects(
    () => read(objects, { classes: ["Tumor", "Necrosis"] }),
    RangeError,
    'labels of "a": they have classes that are not among Tumor, Necrosis: Stroma (1)',
  );
  const left = { classes: ["Tumor", "Necrosis"], ignored: ["Stroma"] };
  const several = await read(objects, left);
  assertEquals(several.known, found.known);
});

Deno.test("openLabels() takes regions alone as background, and says which have no area, and that nothing is known", async () => {
  const found = await read([region(2, 2, 4, 4), region(5, 5, 5, 8)]);
  assertEquals(found.pixels, boxes());
  assertEquals(found.known, boxes([2, 2, 4, 4]));
  assertEquals(found.warnings.at(-1), '"a": 1 region of no area');
  const none = await read([{ box: [0, 0, 4, 4] }]);
  assertEquals([none.knownPixels, none.known], [0, boxes()]);
  assertEquals(none.warnings[0].includes("; 0 % of the slide is known"), true);
});

Deno.test("openLabels() refuses corrections of another slide, format or state, and says if they name no slide", async () => {
  const objects = [{ box: [0, 0, 2, 2], state: "accepted" }] as const;
  const opening = (text: string) => () => read([], {}, text);
  for (const other of [{ name: "b" }, { width: 13 }, { height: 7 }]) {
    const text = makeCorrections({ ...slide, ...other }, objects);
    await assertRejects(opening(text), RangeError, "they are of another slide");
  }
  for (
    const text of [
      makeCorrections(slide, objects, 2),
      makeCorrections(slide, objects).replace('"name":"a"', '"title":"a"'),
      makeCorrections(slide, objects).replace('"width":12,', ""),
    ]
  ) {
    await assertRejects(opening(text), SyntaxError, "must be of format 1");
  }
  await assertRejects(
    opening(makeCorrections(slide, [{ ...objects[0], state: "maybe" }])),
    SyntaxError,
    'tilewise.state must be accepted, changed, drawn, rejected or absent, received "maybe"',
  );
  await assertRejects(
    opening(makeCorrections(slide, [{ ...objects[0], box: [20, 0, 24, 4] }])),
    RangeError,
    "outside the slide",
  );
  const { warnings } = await read([], {}, makeCorrections(undefined, objects));
  assertEquals(
    warnings[0],
    '"a": its corrections do not say of which slide they are',
  );
});

Deno.test("openLabels() finds corrections first in a folder, knows them under any name, and takes none as predictions", async () => {
  const both = await Deno.makeTempDir({ dir: folder });
  const plain = makeCorrections(undefined, [{ box: [6, 6, 8, 8] }]);
  const text = makeCorrections(slide, [
    { box: [0, 0, 2, 2], state: "accepted" },
  ]);
  await Deno.writeTextFile(`${both}/a.geojson`, plain);
  await Deno.writeTextFile(`${both}/a.corrected.geojson`, text);
  const first = async (path: string, options: OpenLabelsOptions = {}) => {
    await using source = await (await openLabels(path, options)).open(slide);
    return source && {
      pixels: await source.readRegion(whole),
      known: await source.readKnown?.(whole),
    };
  };
  const corner = boxes([0, 0, 2, 2]);
  const corrected = { pixels: corner, known: corner };
  const written = { pixels: boxes([6, 6, 8, 8]), known: undefined };
  assertEquals(await first(both), corrected);
  assertEquals(await first(both, { corrections: false }), written);
  assertEquals((await openLabels(path)).ids, ["a"]);
  await assertRejects(
    () => first(`${both}/a.geojson`, { unlabeled: "unknown" }),
    TypeError,
    "these labels are no corrections",
  );
  // QuPath keeps metadata of objects, not members of the collection.
  const kept = text.replace(/"tilewise":\{"slide.*?\}.*?\},/, "");
  assertEquals(kept.includes("slide"), false);
  await Deno.writeTextFile(`${both}/a.geojson`, kept);
  await Deno.remove(`${both}/a.corrected.geojson`);
  assertEquals(await first(both), corrected);
  await assertRejects(
    () => first(both, { corrections: false }),
    TypeError,
    "a person has corrected them",
  );
});
