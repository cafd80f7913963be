import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { eachFileFault } from "../../tests/helpers/each_file_fault.ts";
import type { Change } from "./change.ts";
import { documentText, parseDocument } from "./corrected_document.ts";
import { Corrections } from "./corrections.ts";
import { StaleError, UnsavedError } from "./errors.ts";
import { membersOf, parseJson } from "./raw_json.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-corrections-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const slide = { name: "kidney", width: 1000, height: 800 };
const run = { model: "fold0.safetensors 0123456789ab", threshold: "0.5" };

/** Objects as a run writes them: ids of version 8. */
const FOUND = "00000002-0000-8000-8000-000000000000";
const OTHER = "00000040-0000-8000-8000-000000000001";
const DRAWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

const found = (id: string, x: number) => ({
  type: "Feature",
  id,
  geometry: {
    type: "Polygon",
    coordinates: [[[x, 0], [x + 10, 0], [x + 10, 10], [x, 10], [x, 0]]],
  },
  properties: {
    objectType: "annotation",
    classification: { name: "glomerulus", color: [0, 200, 83] },
    measurements: { "Area px^2": 100, "Solidity": 1, "mean probability": 0.75 },
  },
});

// As QuPath's PathObjectTypeAdapter writes them: 0.2 and 0.3 measurements as a list, 0.4 bare NaN, 0.5 and 0.6 metadata twice.
const QUPATH = {
  "0.3":
    `[{"type":"Feature","id":"PathDetectionObject","geometry":{"type":"Polygon","coordinates":[[[1,1],[5,1],[5,5],[1,1]]]},
    "properties":{"classification":{"name":"Tumor: Positive","colorRGB":-3670016},"isLocked":false,"measurements":[{"name":"Area µm^2","value":8.0},{"name":"Odd","value":1.50}]}},
    {"type":"Feature","id":"PathDetectionObject","geometry":{"type":"Point","coordinates":[3.25,4]},"properties":{}}]`,
  "0.4": `{ "type": "FeatureCollection", "features": [
    {"type":"Feature","id":"3f6a5d0c-53a4-4f3b-8f5e-0d2b1f0c7a11","geometry":{"type":"MultiPolygon","coordinates":[[[[10,10],[20,10.25],[20,20],[10,10]]],[[[30,30],[40,30],[40,40],[30,30]]]],"plane":{"c":-1,"z":2,"t":0}},
    "properties":{"objectType":"annotation","name":"by \\"hand\\", [é]","color":[1,2,3],"classification":{"names":["Tumor","Positive"],"color":[200, 0, 0]},"isLocked":true,"measurements":{"Nucleus/Cell area ratio":NaN,"A":-Infinity,"NaN":1.0,"B":1e-7}}},
    {"type":"Feature","id":"5f6a5d0c-53a4-4f3b-8f5e-0d2b1f0c7a12","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]],"isEllipse":true},"nucleusGeometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]},
    "properties":{"objectType":"tmaCore","name":"A-1","isMissing":false,"metadata":{"Case ID":"7"}}},
    {"type":"Feature","id":"6f6a5d0c-53a4-4f3b-8f5e-0d2b1f0c7a13","geometry":{"type":"LineString","coordinates":[[0,0],[1,0.50]]},"properties":{"objectType":"annotation"}}] }`,
  "0.6":
    `{"type":"FeatureCollection","other":{"kept":[1.0,2e3]},"features":[{"type":"Feature","id":"7f6a5d0c-53a4-4f3b-8f5e-0d2b1f0c7a14","geometry":{"type":"Polygon","coordinates":[[[0.25, 0.5],[9, 0.5],[9, 9],[0.25, 0.5]]]},
    "properties":{"objectType":"cell","classification":{"name":"Stroma","color":[150, 200, 150, 20]},"measurements":{"x":"NaN","big":12345678901234567890},"metadata":{"ANNOTATION_DESCRIPTION":"a {brace}"},"childObjects":[{"type":"Feature","geometry":{},"properties":{"objectType":"annotation"}}],"metadata":{"ANNOTATION_DESCRIPTION":"a {brace}"}}},
    {"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,1]]]},"properties":null}]}`,
};

let count = 0;

/** New corrections of objects. */
async function open(
  features: unknown[] | string = [found(FOUND, 2), found(OTHER, 64)],
  options: { readonly by?: string } = {},
) {
  const place = `${folder}/${++count}`;
  const source = `${place}.geojson`;
  const text = typeof features === "string"
    ? features
    : JSON.stringify({ type: "FeatureCollection", features });
  await Deno.writeTextFile(source, text);
  const path = `${place}.corrected.geojson`;
  const reopen = () =>
    Corrections.open(path, { slide, source, run, ...options });
  return { path, reopen, corrections: await reopen() };
}

const apply = (corrections: Corrections, ...changes: Change[]) =>
  corrections.apply({ base: corrections.version, changes });

// deno-lint-ignore no-explicit-any -- any GeoJSON
const readFeatures = async (path: string): Promise<any[]> =>
  (parseJson(await Deno.readTextFile(path)) as { features: unknown[] })
    .features;

for (const [version, text] of Object.entries(QUPATH)) {
  Deno.test(`Corrections keep a file of QuPath ${version} word for word, but for the object that is changed`, async () => {
    const { corrections, path } = await open(text);
    const before = Array.from(corrections.entries, (entry) => entry);
    const [{ id }] = before;
    await apply(corrections, { id, state: "accepted" });
    const written = await Deno.readTextFile(path);
    for (const { text } of before.slice(1)) assertStringIncludes(written, text);
    const reread = parseDocument(written, slide);
    assertEquals(
      reread.features.slice(1).map(({ text }) => text),
      before.slice(1).map(({ text }) => text),
    );
    // Of the changed one, all members but the metadata are as they were written.
    const [then, now] = [before[0].text, reread.features[0].text];
    const [was, is] = [membersOf(then), membersOf(now)];
    const properties = membersOf(was.get("properties")!);
    const changed = membersOf(is.get("properties")!);
    for (
      const key of [...properties.keys()].filter((key) => key !== "metadata")
    ) {
      assertEquals(changed.get(key), properties.get(key), key);
    }
    for (const key of [...was.keys()].filter((key) => key !== "properties")) {
      assertEquals(is.get(key), was.get(key), key);
    }
    const kept = membersOf(properties.get("metadata") ?? "{}");
    for (const [key, value] of kept) {
      assertEquals(membersOf(changed.get("metadata")!).get(key), value);
    }
    for (const [name, value] of parseDocument(text, slide).head) {
      assertEquals(reread.head.get(name), value);
    }
    // Undone, it is as it was.
    await apply(corrections, { id, state: null });
    assertStringIncludes(await Deno.readTextFile(path), then);
  });
}

Deno.test("Corrections record who decided what, when, and about which run", async () => {
  const { corrections, path, reopen } = await open(undefined, { by: "Ann" });
  const original = await Deno.readTextFile(path.replace(".corrected", ""));
  await apply(corrections, { id: FOUND, state: "accepted" });
  const [accepted, other] = await readFeatures(path);
  const { "tilewise.at": at, ...rest } = accepted.properties.metadata;
  assert(Math.abs(Date.parse(at) - Date.now()) < 60_000 && at.endsWith("Z"));
  assertEquals(rest, {
    "tilewise.state": "accepted",
    "tilewise.by": "Ann",
    "tilewise.model": run.model,
    "tilewise.threshold": run.threshold,
  });
  const { metadata: _, ...properties } = accepted.properties;
  assertEquals({ ...accepted, properties }, found(FOUND, 2));
  assertEquals(other, found(OTHER, 64));
  assertEquals(
    await Deno.readTextFile(path.replace(".corrected", "")),
    original,
  );
  // The run is that of the file, even where another one has written its results since.
  const again = await reopen();
  await apply(again, { id: OTHER, state: "changed", name: "tubule" });
  const [, changed] = await readFeatures(path);
  assertEquals(changed.properties.classification.name, "tubule");
  assertEquals(changed.properties.classification.color.length, 3);
  assertEquals(changed.properties.metadata["tilewise.model"], run.model);
});

Deno.test("Corrections give a rejected object QuPath's ignored class, and its own again when it is accepted", async () => {
  const { corrections, path, reopen } = await open();
  await apply(corrections, { id: FOUND, state: "rejected" });
  const [{ properties }] = await readFeatures(path);
  assertEquals(properties.classification, {
    name: "Ignore*",
    color: [180, 180, 180],
  });
  assertEquals(JSON.parse(properties.metadata["tilewise.class"]), {
    name: "glomerulus",
    color: [0, 200, 83],
  });
  const again = await reopen();
  await apply(again, { id: FOUND, state: "accepted" });
  const [accepted] = await readFeatures(path);
  assertEquals(
    accepted.properties.classification,
    found(FOUND, 2).properties.classification,
  );
  assertEquals(accepted.properties.metadata["tilewise.class"], undefined);
  await apply(again, { id: FOUND, state: "rejected", name: null });
  await apply(again, { id: FOUND, state: "accepted" });
  const [unclassified] = await readFeatures(path);
  assertEquals(unclassified.properties.classification, undefined);
});

Deno.test("Corrections undo every change of state, class and outline to the same bytes", async () => {
  const { corrections, path } = await open();
  const [{ text: original }] = corrections.entries;
  const square = [[2, 0, 12, 0, 12, 10, 2, 10]];
  const changes: Change[] = [
    { id: FOUND, state: "accepted" },
    { id: FOUND, state: "rejected" },
    { id: FOUND, state: "changed", name: "tubule" },
    { id: FOUND, state: "changed", name: null },
    { id: FOUND, state: "changed", rings: [[2, 0, 50, 0, 50, 50, 2, 10]] },
    { id: FOUND, state: "drawn" },
    { id: FOUND, removed: true },
  ];
  for (const [i, change] of changes.entries()) {
    await apply(corrections, change);
    const next = changes[(i + 3) % changes.length];
    if (!("removed" in next)) await apply(corrections, next);
    await apply(corrections, {
      ...{ id: FOUND, state: null, name: "glomerulus", rings: square },
    });
    assertStringIncludes(await Deno.readTextFile(path), original);
  }
});

Deno.test("Corrections write proper polygons with measurements of their own", async () => {
  const { corrections, path } = await open();
  // A bow tie, and one that leaves the slide by less than a pixel.
  await apply(
    corrections,
    {
      id: DRAWN,
      state: "drawn",
      name: "glomerulus",
      rings: [[0, 0, 10, 10, 10, 0, 0, 10]],
    },
    {
      id: FOUND,
      state: "changed",
      rings: [[990, 0, 1000.75, 0, 1000, 10, 990, 10.001]],
    },
  );
  const [changed, , drawn] = await readFeatures(path);
  assertEquals(drawn.geometry.type, "MultiPolygon");
  assertEquals(drawn.properties.objectType, "annotation");
  assertEquals(drawn.properties.measurements["Area px^2"], 50);
  assertEquals(Object.keys(drawn.properties.metadata), [
    ...["tilewise.state", "tilewise.at"],
  ]);
  const points = changed.geometry.coordinates[0].map(String).toSorted();
  assertEquals([...new Set(points)], [
    ...["1000,0", "1000,10", "990,0", "990,10"],
  ]);
  assertEquals(changed.properties.measurements, {
    "Area px^2": 100,
    "Perimeter px": 40,
    "Circularity": Math.PI / 4,
    "mean probability": 0.75,
  });
});

Deno.test("Corrections draw regions, and remove objects until they are wanted again", async () => {
  const { corrections, path } = await open();
  const region = { id: DRAWN, state: "drawn", name: "Region*" } as const;
  await apply(corrections, { ...region, rings: [[0, 0, 100, 0, 100, 100]] });
  const [, , drawn] = await readFeatures(path);
  assertEquals(drawn.properties.classification.color, [0, 0, 180]);
  await apply(corrections, { id: FOUND, removed: true });
  assertEquals((await readFeatures(path)).map(({ id }) => id), [OTHER, DRAWN]);
  await apply(corrections, { id: FOUND, state: null });
  const all = await readFeatures(path);
  assertEquals(all.map(({ id }) => id), [FOUND, OTHER, DRAWN]);
  assertEquals(all[0], found(FOUND, 2));
});

const bad: Record<string, [Change, string]> = {
  "an object that is not there": [
    { id: DRAWN, state: "accepted" },
    "a new one must have rings",
  ],
  "a removal of none": [{ id: DRAWN, removed: true }, "none with this id"],
  "a new id that is no UUID": [
    { id: "a", state: "drawn", rings: [[0, 0, 9, 0, 9, 9]] },
    "must be a UUID",
  ],
  "a point outside the slide": [
    { id: FOUND, state: "changed", rings: [[0, 0, 1002, 0, 9, 9]] },
    "a point is outside the slide, which is 1000×800, received [1002, 0]",
  ],
  "an outline without area": [
    { id: FOUND, state: "changed", rings: [[0, 0, 9, 9, 5, 5]] },
    "its outline has no area",
  ],
  "the class of rejected objects": [
    { id: FOUND, state: "accepted", name: "Ignore*" },
    "is the class of rejected objects",
  ],
};
for (const [what, [change, says]] of Object.entries(bad)) {
  Deno.test(`Corrections refuse ${what}, and all that comes with it`, async () => {
    const { corrections, path } = await open();
    const sound: Change = { id: OTHER, state: "accepted" };
    await assertRejects(() => apply(corrections, sound, change), Error, says);
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    await apply(corrections, sound);
    assertEquals((await readFeatures(path))[0], found(FOUND, 2));
  });
}

Deno.test("Corrections let no window overwrite another, object by object", async () => {
  const { corrections, path } = await open();
  const base = corrections.version;
  const first = await corrections.apply({
    base,
    changes: [{ id: FOUND, state: "accepted" }],
  });
  await assertRejects(
    () =>
      corrections.apply({
        base,
        changes: [{ id: OTHER, state: "accepted" }, {
          id: FOUND,
          state: "rejected",
        }],
      }),
    StaleError,
    "another window has changed it meanwhile",
  );
  const second = await corrections.apply({
    base,
    changes: [{ id: OTHER, state: "rejected" }],
  });
  // The answer has what the other window did, too.
  assertEquals(second.entries.map(({ id }) => id), [FOUND, OTHER]);
  assert(second.version > first.version);
  const states = (await readFeatures(path))
    .map(({ properties }) => properties.metadata["tilewise.state"]);
  assertEquals(states, ["accepted", "rejected"]);
});

Deno.test("Corrections write changes that wait together", async () => {
  const { corrections, path } = await open();
  using writes = countRenames();
  const base = corrections.version;
  const results = await Promise.allSettled([
    corrections.apply({ base, changes: [{ id: FOUND, state: "accepted" }] }),
    corrections.apply({ base, changes: [{ id: OTHER, state: "accepted" }] }),
    corrections.apply({ base, changes: [{ id: FOUND, state: "rejected" }] }),
  ]);
  assertEquals(results.map(({ status }) => status), [
    ...["fulfilled", "fulfilled", "rejected"],
  ]);
  assertEquals(writes.count, 1);
  assertEquals(
    (await readFeatures(path)).map(({ properties }) =>
      properties.metadata["tilewise.state"]
    ),
    ["accepted", "accepted"],
  );
});

function countRenames(): Disposable & { count: number } {
  const { rename } = Deno;
  const counter = {
    count: 0,
    [Symbol.dispose]: () => void (Deno.rename = rename),
  };
  Deno.rename = (from, to) => {
    counter.count++;
    return rename(from, to);
  };
  return counter;
}

Deno.test("Corrections overwrite nothing that another program wrote, and go on with it", async () => {
  const { corrections, path } = await open();
  await apply(corrections, { id: FOUND, state: "accepted" });
  for (const other of [[], [found(DRAWN, 5)], undefined]) {
    if (other) await Deno.writeTextFile(path, JSON.stringify(other));
    else await Deno.remove(path);
    const theirs = other && await Deno.readTextFile(path);
    await assertRejects(
      () => apply(corrections, { id: OTHER, state: "rejected" }),
      StaleError,
      "another program has changed the file",
    );
    if (theirs) assertEquals(await Deno.readTextFile(path), theirs);
    const before = corrections.version;
    await corrections.refresh();
    assert(corrections.version > before);
    const ids = Array.from(corrections.entries, ({ id }) => id);
    assertEquals(ids, other?.map(({ id }) => id) ?? [FOUND, OTHER]);
    await apply(corrections, {
      ...{ id: OTHER, state: "drawn", rings: [[0, 0, 9, 0, 9, 9]] },
    });
  }
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assertEquals(left.filter((name) => name.endsWith(".part")), []);
});

Deno.test("Corrections of another slide, or another format, are refused", async () => {
  const document = { head: new Map(), texts: [], slide };
  const text = documentText(document);
  assertEquals(parseDocument(text, slide).features, []);
  const refused: [string, string][] = [
    [text.replace('"kidney"', '"liver"'), 'it is of slide "liver", 1000×800'],
    [text.replace("1000", "1001"), "1001×800, and this is"],
    [text.replace('"format":1', '"format":2'), "tilewise.format must be 1"],
    ["{}", "not GeoJSON"],
    ["[1]", "not GeoJSON"],
    ["[{]", "cut short"],
    [
      '{"type":"FeatureCollection","features":[{"type":"Feature"},]}',
      "not JSON",
    ],
    [
      '[{"type":"Feature","properties":{"metadata":{"tilewise.state":"odd"}}}]',
      "tilewise.state must be accepted, changed, drawn, rejected or absent",
    ],
  ];
  for (const [text, says] of refused) {
    const { path, reopen } = await open();
    await Deno.writeTextFile(path, text);
    await assertRejects(reopen, Error, says);
    await assertRejects(reopen, Error, `Cannot read objects "${path}": `);
  }
});

Deno.test("Corrections that cannot be saved leave the file whole, and can be tried again", async () => {
  for (const fault of ["ENOSPC", "EIO", "EACCES", "short"] as const) {
    const root = await Deno.makeTempDir({ dir: folder });
    const before = documentText({
      ...{ head: new Map(), slide },
      texts: [
        JSON.stringify(found(FOUND, 2)),
        JSON.stringify(found(OTHER, 64)),
      ],
    });
    let runs = 0;
    const faults = await eachFileFault(root, fault, async (files) => {
      // Made elsewhere, out of reach of faults.
      const made = await Deno.makeTempDir({ dir: folder });
      await Deno.writeTextFile(`${made}/a.corrected.geojson`, before);
      const place = `${root}/${runs++}`;
      await Deno.rename(made, place);
      const path = `${place}/a.corrected.geojson`;
      const change: Change = { id: FOUND, state: "rejected" };
      const opened = Corrections.open(path, { slide });
      const error = await opened.then((one) => apply(one, change))
        .then(() => undefined, (error: Error) => error);
      const { failed } = files;
      files[Symbol.dispose]();
      if (error) {
        assertStringIncludes(error.message, "Cannot ");
        assertEquals(await Deno.readTextFile(path), before, failed);
        const corrections = await opened.catch(() => undefined);
        if (corrections) {
          assert(error instanceof UnsavedError, `${failed}: ${error}`);
          await apply(corrections, change);
        }
      }
      const state = (await readFeatures(path))[0].properties.metadata;
      const isSaved = state?.["tilewise.state"] === "rejected";
      const couldOpen = await opened.then(() => true, () => false);
      assertEquals(isSaved, couldOpen, failed);
      assertEquals([...Deno.readDirSync(place)].length, 1, failed);
    });
    assert(faults > 0);
  }
});

Deno.test("Corrections write a class as its file does, and give a new one a color that no other has", async () => {
  const { corrections, path } = await open(QUPATH["0.4"]);
  const [{ id }, , { id: line }] = corrections.entries;
  const draw = (id: string, name: string): Change => ({
    ...{ id, name, state: "drawn", rings: [[0, 0, 9, 0, 9, 9]] },
  });
  const ids = [1, 2, 3, 4].map(() => crypto.randomUUID());
  const names = ["Tumor: Positive", "a", "b", "glomerulus"];
  await apply(corrections, ...ids.map((id, i) => draw(id, names[i])));
  const classes = (await readFeatures(path)).slice(-4)
    .map(({ properties }) => properties.classification);
  assertEquals(classes[0], {
    names: ["Tumor", "Positive"],
    color: [200, 0, 0],
  });
  assertEquals(classes[3], { name: "glomerulus", color: [0, 200, 83] });
  const colors = classes.map(({ color }) => String(color));
  assertEquals(new Set(colors).size, 4);
  assertEquals(corrections.classes.list.map(({ name }) => name), names);
  await apply(corrections, { id, state: "changed", name: "a" });
  const [changed] = await readFeatures(path);
  assertEquals(changed.properties.classification, classes[1]);
  await assertRejects(
    () => apply(corrections, { id: line, state: "accepted" }),
    TypeError,
    "it has no area",
  );
});
