import { assert, assertEquals, assertMatch } from "@std/assert";
import { Corrections } from "../corrections/corrections.ts";
import { MAX_CHANGES_BYTES } from "../io/limits.ts";
import { polygonFeature } from "../masks/polygons/polygon_feature.ts";
import { editView } from "./edit_view.ts";
import { serveView } from "./serve_view.ts";
import { oneView, type View } from "./view.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-edit-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const slide = { name: "kidney", width: 100, height: 100 };
const view: View = {
  description: { ...slide, layers: [], live: false },
  layers: new Map(),
  objects: [],
};
const features = [0, 1].map((index) =>
  polygonFeature(
    {
      rings: [Int32Array.of(9 * index, 0, 9 * index + 4, 0, 9 * index, 4)],
      ...{ area: 8, perimeter: 14 },
    },
    { index },
  )
);
const [{ id }, { id: other }] = features;

let count = 0;

/** Serves objects to edit, and asks for them as the page does. */
async function serve() {
  const source = `${folder}/${++count}.geojson`;
  await Deno.writeTextFile(source, JSON.stringify(features));
  const path = `${folder}/${count}.corrected.geojson`;
  const corrections = await Corrections.open(path, { slide, source });
  const token = crypto.randomUUID();
  const edited = editView(view, corrections, { token });
  const server = serveView(oneView(() => edited));
  const url = `${server.url}slides/0/corrections`;
  const own: Record<string, string> = {
    "x-tilewise-token": token,
    "content-type": "application/json",
    "origin": new URL(url).origin,
    "sec-fetch-site": "same-origin",
  };
  return {
    path,
    edited,
    get: (headers = {}) => fetch(url, { headers }),
    post: (body: unknown, headers: Record<string, string | undefined> = {}) =>
      fetch(url, {
        method: "POST",
        headers: Object.entries({ ...own, ...headers })
          .filter((entry): entry is [string, string] => entry[1] !== undefined),
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const accept = { id, state: "accepted" };

Deno.test("editView() gives objects, takes changes of them, and answers when they are saved", async () => {
  await using server = await serve();
  assertEquals(server.edited.description.editable, true);
  assertEquals(server.edited.objects.map(({ id }) => id), [id, other]);
  const { token, version, ...rest } = await (await server.get()).json();
  assert(typeof token === "string" && token.length > 20);
  assertEquals(rest, {
    slide,
    classes: [{ name: "glomerulus", color: [0, 200, 83] }],
  });
  const drawn = crypto.randomUUID();
  const changes = [accept, { id: other, removed: true }, {
    ...{ id: drawn, state: "drawn", name: "tubule" },
    rings: [[0, 0, 10, 0, 10, 10, 0, 10]],
  }];
  const answer = await server.post({ base: version, changes });
  assertEquals(answer.status, 200);
  const { version: next, objects, removed } = await answer.json();
  assert(next > version);
  assertEquals(removed, [other]);
  assertEquals(
    // deno-lint-ignore no-explicit-any -- ViewObject as JSON
    objects.map(({ id, state, name, area }: any) => [id, state, name, area]),
    [[id, "accepted", "glomerulus", 8], [drawn, "drawn", "tubule", 100]],
  );
  assertEquals(server.edited.objects.map(({ id }) => id), [id, drawn]);
  const saved = JSON.parse(await Deno.readTextFile(server.path));
  assertEquals(
    saved.features.map((feature: { id: string }) => feature.id),
    [id, drawn],
  );
  const { classes } = await (await server.get()).json();
  assertEquals(classes.length, 2);
});

Deno.test("editView() refuses requests that do not come from its own pages", async () => {
  await using server = await serve();
  const { version } = await (await server.get()).json();
  const body = { base: version, changes: [accept] };
  const forged: Record<string, string | undefined>[] = [
    { "origin": "http://evil.example" },
    { "origin": "http://127.0.0.1:1" },
    { "origin": "null" },
    { "origin": undefined },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "x-tilewise-token": undefined },
    { "x-tilewise-token": crypto.randomUUID() },
  ];
  for (const headers of forged) {
    const answer = await server.post(body, headers);
    assertEquals(answer.status, 403, JSON.stringify(headers));
    await answer.body?.cancel();
  }
  for (
    const headers of [{ origin: "http://evil.example" }, {
      "sec-fetch-site": "cross-site",
    }]
  ) {
    const answer = await server.get(headers);
    assertEquals(answer.status, 403);
    assert(!(await answer.text()).includes("token"));
  }
  await assertUnchanged(server.path);
});

async function assertUnchanged(path: string): Promise<void> {
  const there = await Deno.stat(path).then(() => true, () => false);
  assertEquals(there, false, "something was saved");
}

Deno.test("editView() says what it refuses, and saves none of it", async () => {
  await using server = await serve();
  const { version: base } = await (await server.get()).json();
  const refused: [unknown, number, RegExp][] = [
    ["{", 400, /they must be JSON/],
    ["[]", 400, /they must be objects/],
    [{ base, changes: [] }, 400, /at least one/],
    [{ base: "1", changes: [accept] }, 400, /base must be a version/],
    [{ base, changes: [accept], path: "/etc" }, 400, /members may be base/],
    [{ base, changes: [{ ...accept, by: "Eve" }] }, 400, /received "by"/],
    [{ base, changes: [{ ...accept, state: "fine" }] }, 400, /a state must be/],
    [{ base, changes: [{ ...accept, name: "a\nb" }] }, 400, /in one line/],
    [{ base, changes: [{ ...accept, removed: true }] }, 400, /a removal/],
    [{ base, changes: [{ ...accept, id: 7 }] }, 400, /an id must have/],
    [{ base, changes: [{ ...accept, rings: [] }] }, 400, /must have a ring/],
    [
      { base, changes: [{ ...accept, rings: [[0, 0, 1, 1, 2]] }] },
      400,
      /a ring/,
    ],
    [
      `{"base":${base},"changes":[{"id":"${id}","state":null,"rings":[[0,0,1e999,1,2,2]]}]}`,
      400,
      /a ring/,
    ],
    [
      { base, changes: [{ ...accept, rings: [[0, 0, 102, 0, 2, 2]] }] },
      400,
      /outside the slide/,
    ],
    [{ base: base - 1, changes: [accept] }, 409, /another window/],
    [" ".repeat(MAX_CHANGES_BYTES + 1), 413, /8388608 bytes/],
  ];
  for (const [body, status, says] of refused) {
    const answer = await server.post(body);
    const text = await answer.text();
    assertEquals(answer.status, status, text);
    assertMatch(text, says);
  }
  const odd = await server.post({ base, changes: [accept] }, {
    "content-type": "text/plain",
  });
  assertMatch(await odd.text(), /must be application\/json/);
  await assertUnchanged(server.path);
  const largest = JSON.stringify({ base, changes: [accept] })
    .padEnd(MAX_CHANGES_BYTES);
  assertEquals((await server.post(largest)).status, 200);
});

Deno.test("editView() tells a page when the file was changed by another program, and goes on with that", async () => {
  await using server = await serve();
  const { version: base } = await (await server.get()).json();
  await Deno.writeTextFile(server.path, JSON.stringify([features[1]]));
  const stale = await server.post({ base, changes: [accept] });
  assertEquals(stale.status, 409);
  assertMatch(await stale.text(), /another program has changed the file/);
  const { version } = await (await server.get()).json();
  assertEquals(server.edited.objects.map(({ id }) => id), [other]);
  const changes = [{ id: other, state: "accepted" }];
  assertEquals((await server.post({ base: version, changes })).status, 200);
  await Deno.writeTextFile(server.path, "{");
  const broken = await server.get();
  assertEquals(broken.status, 409);
  assertMatch(await broken.text(), /not an object/);
});

Deno.test("Views that are not edited take nothing", async () => {
  await using server = serveView(oneView(() => view));
  const url = `${server.url}slides/0/corrections`;
  const answer = await fetch(url, { method: "POST", body: "{}" });
  assertEquals([answer.status, await answer.text()], [
    405,
    "Only GET is allowed.\n",
  ]);
});
