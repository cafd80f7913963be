import { LiveCanvas } from "./live_view.ts";
import type { LiveState } from "./description.ts";
import { serveView } from "./serve_view.ts";
import { oneView, type View } from "./view.ts";
import { TileLayer } from "./tile_layer.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { decode } from "fast-png";

const canvas = new LiveCanvas({ width: 600, height: 300 });
const layer = new TileLayer(canvas, { id: "mask", slideWidth: 600 });
const objects = Array.from({ length: 2500 }, (_, i) => ({
  rings: [[i, 0, i + 1, 0, i + 1, 1]],
  area: 1,
}));
const view: View = {
  description: {
    name: "test",
    width: 600,
    height: 300,
    layers: [layer.description],
    live: false,
  },
  layers: new Map([["mask", layer]]),
  objects,
};

/** Sends a request as it stands, which fetch would not: any host, any path. */
async function ask(
  url: string,
  { path = "/", host = new URL(url).host, method = "GET" } = {},
): Promise<{ status: number; head: string }> {
  const { port } = new URL(url);
  using socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(port),
  });
  const request =
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await socket.write(new TextEncoder().encode(request));
  const answer = await new Response(socket.readable).text().catch(() => "");
  const [head] = answer.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]), head };
}

Deno.test("serveView() listens on this machine alone, and serves the page", async () => {
  await using server = serveView(oneView(() => view));
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const page = await fetch(server.url);
  assertStringIncludes(
    await page.text(),
    '<script type="module" src="/page.js">',
  );
  assertStringIncludes(
    page.headers.get("content-security-policy")!,
    "default-src 'none'",
  );
  for (
    const [path, type] of [["page.js", "text/javascript"], [
      "page.css",
      "text/css",
    ]]
  ) {
    const response = await fetch(server.url + path);
    assertStringIncludes(response.headers.get("content-type")!, type);
    assert((await response.text()).length > 1000);
  }
  assertEquals(
    await (await fetch(`${server.url}slides/0/view.json`)).json(),
    JSON.parse(JSON.stringify(view.description)),
  );
});

Deno.test("serveView() refuses other hosts, so that DNS rebinding gets nothing", async () => {
  await using server = serveView(oneView(() => view));
  const { port } = new URL(server.url);
  assertEquals(
    (await ask(server.url, { host: `localhost:${port}` })).status,
    200,
  );
  for (
    const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      "127.0.0.1:1",
    ]
  ) {
    assertEquals((await ask(server.url, { host })).status, 403, host);
  }
});

Deno.test("serveView() has no path to files, and takes nothing", async () => {
  await using server = serveView(oneView(() => view));
  for (
    const path of [
      "/../deno.json",
      "/deno.json",
      "/slides/0/tiles/mask/10/../../../deno.json",
      "/slides/0/tiles/%2e%2e/10/0_0",
      "/slides/0/tiles/slide/10/0_0",
      "/slides/0/tiles/mask/99/0_0",
      "/slides/0/tiles/mask/10/9_0",
      "/slides/0/tiles/mask/10/-1_0",
      "//etc/passwd",
      "/file:///etc/passwd",
    ]
  ) {
    assertEquals((await ask(server.url, { path })).status, 404, path);
  }
  for (const method of ["POST", "PUT", "DELETE"]) {
    assertEquals((await ask(server.url, { method })).status, 405, method);
  }
});

Deno.test("serveView() serves tiles as they are, and objects by the thousand", async () => {
  const tile = {
    index: 0,
    column: 0,
    row: 0,
    x: 0,
    y: 0,
    size: 256,
    expansion: 0,
    downsample: 1,
  };
  canvas.add(tile, { values: new Uint8Array(256 * 256).fill(1), factor: 255 });
  layer.changed();
  await using server = serveView(oneView(() => view));
  const png = await fetch(`${server.url}slides/0/tiles/mask/10/0_0`);
  assertEquals(png.headers.get("content-type"), "image/png");
  const { width, height, data } = decode(await png.bytes());
  assertEquals([width, height], [513, 300]); // with a column of its neighbor
  assertEquals([data[0], data[255], data[256], data[256 * 513]], [
    255,
    255,
    0,
    0,
  ]);
  const get = async (from: string) =>
    await (await fetch(`${server.url}slides/0/objects.json?from=${from}`))
      .json();
  assertEquals((await get("0")).objects.length, 2000);
  assertEquals((await get("2000")).objects, objects.slice(2000));
  assertEquals((await get("x")).total, 2500);
});

Deno.test("serveView() tells followers how far a run is, and knows when they leave", async () => {
  let live: LiveState = {
    run: 1,
    done: 0,
    total: 2,
    skipped: 0,
    seconds: 0,
    ended: false,
    objects: 0,
  };
  await using server = serveView(oneView(() => ({ ...view, live })));
  const left = new AbortController();
  const { body } = await fetch(`${server.url}events`, { signal: left.signal });
  const lines = body!.pipeThrough(new TextDecoderStream())
    [Symbol.asyncIterator]();
  assertStringIncludes((await lines.next()).value!, '"done":0');
  assertEquals(server.followers, 1);
  live = { ...live, done: 1 };
  assertStringIncludes((await lines.next()).value!, '"done":1');
  left.abort();
  await lines.next().catch(() => {});
  for (let i = 0; i < 50 && server.followers > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(server.followers, 0);
});

Deno.test("serveView() refuses a port that is taken", async () => {
  await using server = serveView(oneView(() => view));
  const port = Number(new URL(server.url).port);
  assertThrows(
    () => serveView(oneView(() => view), { port }),
    Error,
    `Cannot serve the page on port ${port}: `,
  );
});

Deno.test("serveView() lends a slide until it has answered, and serves thumbnails without opening it", async () => {
  let [open, most] = [0, 0];
  const { promise: wait, resolve: go } = Promise.withResolvers<void>();
  const slow = {
    answer: () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            await wait;
            controller.enqueue(new TextEncoder().encode(`open ${open}`));
            controller.close();
          },
        }),
      ),
  };
  await using server = serveView({
    slides: [{ name: "a" }, { name: "b" }],
    list: () => Promise.resolve([{ name: "a" }, { name: "b", objects: 3 }]),
    open() {
      most = Math.max(most, ++open);
      const handlers = new Map([["slow", slow]]);
      return { view: { ...view, handlers }, [Symbol.dispose]: () => open-- };
    },
    thumbnail: (number) =>
      Promise.resolve(number === 0 ? Uint8Array.of(0xff, 0xd8) : undefined),
  });
  const get = (path: string) => fetch(server.url + path);
  assertEquals(await (await get("slides.json")).json(), [
    { name: "a" },
    { name: "b" },
  ]);
  assertEquals((await (await get("states.json")).json())[1].objects, 3);
  const thumbnail = await get("slides/0/thumbnail");
  assertEquals(thumbnail.headers.get("content-type"), "image/jpeg");
  assertEquals((await thumbnail.bytes()).length, 2);
  const none = await get("slides/1/thumbnail");
  assertEquals([none.status, most], [204, 0]);
  await none.body?.cancel();
  const streamed = await get("slides/1/slow");
  go();
  assertEquals(await streamed.text(), "open 1");
  for (let i = 0; i < 50 && open > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals([open, most], [0, 1]);
});
