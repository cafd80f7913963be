import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  addArray,
  addGroup,
  type ArraySpec,
  makeZarr,
  type Store,
} from "../../../../tests/helpers/make_zarr.ts";
import { noise } from "../../../../tests/helpers/noise.ts";
import { openSlide } from "../../open_slide.ts";

interface StoreServer extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for, and which bytes. */
  readonly asked: string[];
}

/** Serves a store by range below `/s/slide.zarr/`; `answer` goes first. */
function serveStore(
  store: Store,
  answer: (path: string) => Response | undefined = () => undefined,
): StoreServer {
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const path = decodeURIComponent(new URL(request.url).pathname)
        .replace("/s/slide.zarr/", "");
      const [, from, to] = request.headers.get("Range")!.match(/(\d+)-(\d+)/)!;
      asked.push(`${path} ${from}`);
      const odd = answer(path);
      if (odd) return odd;
      const bytes = store.get(path);
      if (!bytes) return new Response(null, { status: 404 });
      const part = bytes.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${
        Number(from) + part.length - 1
      }/${bytes.length}`;
      const headers = { "Content-Range": range, ETag: '"1"' };
      return new Response(part, { status: 206, headers });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/s/slide.zarr`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const picture = { width: 300, height: 200, pixels: noise(300, 200) };
const make = (array: ArraySpec = {}) =>
  makeZarr({ picture, array: { chunk: { x: 200, y: 200 }, ...array } });

async function readAll(
  source: string,
  remote = {},
): Promise<Uint8Array> {
  await using slide = await openSlide(source, { remote });
  const { width, height } = slide;
  return await slide.readRegion({ x: 0, y: 0, width, height });
}

Deno.test("openSlide() reads an OME-Zarr by the URL of its folder or document, in a request a file", async () => {
  for (const version of [2, 3] as const) {
    const document = version === 2 ? ".zattrs" : "zarr.json";
    await using server = serveStore(await make({ version }));
    const pixels = await readAll(server.url);
    assertEquals(pixels, Uint8Array.from(picture.pixels));
    const files = version === 2
      ? ["0/.zarray", ".zattrs"]
      : ["0/zarr.json", "zarr.json"];
    const other = version === 2 ? "zarr.json" : ".zattrs";
    const prefix = version === 2 ? "0/" : "0/c/";
    const chunks = ["0/0/0", "0/0/1", "1/0/0", "1/0/1", "2/0/0", "2/0/1"];
    assertEquals(
      server.asked.toSorted(),
      [...files, other, ...chunks.map((key) => prefix + key)]
        .map((path) => `${path} 0`).toSorted(),
    );
    for (const path of [`/?key=1`, `/${document}?key=1`]) {
      await using slide = await openSlide(server.url + path);
      assertEquals([slide.name, slide.width], ["slide", 300]);
      assert(slide.version !== undefined);
    }
  }
});

Deno.test("openSlide() reads a shard's index once, and chunks of it by range, neighbors together", async () => {
  const store = await make({
    chunk: { x: 50, y: 50 },
    shard: { x: 400, y: 200, c: 3 },
  });
  await using server = serveStore(store);
  assertEquals(await readAll(server.url), Uint8Array.from(picture.pixels));
  const [shard, ...others] = [...store.keys()].filter((key) =>
    /\/c\//.test(key)
  );
  assertEquals(others, []);
  const ranges = server.asked.filter((key) => key.startsWith(shard));
  // Its start, which tells its size; its index; and runs of the 72 chunks.
  assertEquals(new Set(ranges).size, ranges.length);
  assertLess(ranges.length, 2 + 13, ranges.join());
});

Deno.test("openSlide() takes 404 for an absent chunk, and no other answer", async () => {
  const store = await make({ fill: 7 });
  store.delete("0/c/1/0/0");
  const expected = Uint8Array.from(
    picture.pixels,
    (value, i) => i % 3 === 1 && i / 3 % 300 < 200 ? 7 : value,
  );
  await using absent = serveStore(store);
  assertEquals(await readAll(absent.url), expected);
  for (const status of [403, 500]) {
    await using server = serveStore(
      store,
      (path) =>
        path === "0/c/1/0/0" ? new Response(null, { status }) : undefined,
    );
    const { message } = await assertRejects(
      () => readAll(server.url, { attempts: 1 }),
      Error,
    );
    assertStringIncludes(message, "read block at 0, 0 of level 0");
    assertStringIncludes(message, `its server answers ${status}`);
    assertEquals(message.includes("ListBucket"), status === 403);
  }
});

Deno.test("openSlide() opens what a server refuses to say is absent, but nothing that it refuses", async () => {
  const store = await make();
  await using server = serveStore(
    store,
    (path) =>
      path === ".zattrs" ? new Response(null, { status: 403 }) : undefined,
  );
  assertEquals((await readAll(server.url)).length, 180000);
  await using closed = serveStore(
    store,
    () => new Response(null, { status: 403 }),
  );
  await assertRejects(
    () => openSlide(closed.url),
    Error,
    "its server answers 403",
  );
  await using empty = serveStore(new Map());
  await assertRejects(
    () => openSlide(empty.url),
    TypeError,
    "it is not an OME-Zarr",
  );
});

Deno.test("readRegion() of a remote OME-Zarr stops when it is aborted", async () => {
  const stop = new AbortController();
  const store = await make();
  await using server = serveStore(store, (path) => {
    if (path.startsWith("0/c/")) stop.abort(new Error("enough"));
    return undefined;
  });
  await using slide = await openSlide(server.url);
  await assertRejects(
    () =>
      slide.readRegion({ x: 0, y: 0, width: 300, height: 200 }, {
        signal: stop.signal,
      }),
    Error,
    "enough",
  );
});

Deno.test("openSlide() reads of a remote pyramid only the chunks that a region meets", async () => {
  const store: Store = new Map();
  addGroup(store, "", { factors: [1, 2] });
  await addArray(store, "0", { ...picture, chunk: { x: 100, y: 100 } });
  const half = { width: 150, height: 100, pixels: noise(150, 100) };
  await addArray(store, "1", { ...half, chunk: { x: 100, y: 100 } });
  await using server = serveStore(store);
  await using slide = await openSlide(server.url);
  const before = server.asked.length;
  await slide.readRegion({ x: 120, y: 20, width: 20, height: 20 }, {
    level: 1,
  });
  assertEquals(server.asked.slice(before).toSorted(), [
    "1/c/0/0/1 0",
    "1/c/1/0/1 0",
    "1/c/2/0/1 0",
  ]);
});
