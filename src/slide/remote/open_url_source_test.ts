import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { noise } from "../../../tests/helpers/noise.ts";
import {
  rangeResponse,
  startRangeServer,
} from "../../../tests/helpers/range_server.ts";
import { openUrlSource } from "./open_url_source.ts";

const file = new Uint8Array(noise(400, 400)); // 480,000 bytes
const quick = { timeout: 150, attempts: 3 };

Deno.test("openUrlSource() reads any range, and each byte once", async () => {
  await using server = startRangeServer(file);
  const source = await openUrlSource(server.url);
  assertEquals([source.size, source.version], [480_000, '480000 "one"']);
  const ranges = [[0, 1], [5, 0], [16383, 2], [479_999, 1], [100_000, 70_000]];
  for (const [offset, length] of [...ranges, ...ranges]) {
    assertEquals(
      await source.read(offset, length),
      file.slice(offset, offset + length),
    );
  }
  const both = await Promise.all([
    source.read(200_000, 9000),
    source.read(204_000, 9000),
  ]);
  assertEquals(both[1], file.slice(204_000, 213_000));
  const counts = new Uint8Array(file.length);
  for (const { start, end } of server.served) {
    for (let i = start; i < end; i++) counts[i]++;
  }
  assert(counts.every((count) => count <= 1));
  await assertRejects(
    () => source.read(479_999, 2),
    RangeError,
    "past the end",
  );
  await source.close();
  await assertRejects(() => source.read(0, 1), TypeError, "closed");
});

Deno.test("openUrlSource() fetches what is announced in few requests", async () => {
  await using server = startRangeServer(file);
  const source = await openUrlSource(server.url);
  server.served.length = 0;
  const blocks = Array.from({ length: 20 }, (_, i) => ({
    offset: 50_000 + i * 10_100, // a hundred bytes between them
    length: 10_000,
  }));
  source.prefetch!(blocks);
  for (const { offset, length } of blocks) {
    assertEquals(
      await source.read(offset, length),
      file.slice(offset, offset + length),
    );
  }
  const bytes = server.served.reduce(
    (sum, { start, end }) => sum + end - start,
    0,
  );
  assertEquals(server.served.length, 1);
  assert(bytes < 200_000 * 1.05, `${bytes}`);
  await source.close();
});

Deno.test("openUrlSource() keeps no more than it may, and fetches again", async () => {
  await using server = startRangeServer(file);
  const source = await openUrlSource(server.url, { cacheBytes: 20_000 });
  for (const offset of [0, 100_000, 200_000, 300_000, 0]) {
    assertEquals(
      await source.read(offset, 50_000),
      file.slice(offset, offset + 50_000),
    );
  }
  await source.close();
  const again = server.served.filter(({ start }) => start < 50_000);
  assert(again.reduce((sum, { start, end }) => sum + end - start, 0) >= 90_000);
});

Deno.test("openUrlSource() tries again what fails in passing, and waits as long as it is asked to", async () => {
  const times: number[] = [];
  await using server = startRangeServer(file, ({ index, start, end }) => {
    times.push(performance.now());
    if (index === 1) return new Response("busy", { status: 503 });
    if (index === 2) {
      return new Response("slow down", {
        status: 429,
        headers: { "Retry-After": "1" },
      });
    }
    // The connection breaks in the middle.
    if (index === 4) {
      const half = new ReadableStream({
        start(controller) {
          controller.enqueue(file.slice(start, start + 10));
        },
        pull: (controller) => controller.error(new Error("torn")),
      });
      return rangeResponseOf(half, start, end);
    }
  });
  const source = await openUrlSource(server.url, {
    timeout: 3000,
    attempts: 4,
  });
  assertEquals(await source.read(99_000, 5), file.slice(99_000, 99_005));
  assertEquals(times.length, 4);
  assert(times[3] - times[2] >= 990, `${times[3] - times[2]}`);
  assertEquals(await source.read(300_000, 5), file.slice(300_000, 300_005));
  assertEquals(times.length, 6);
  await source.close();
});

function rangeResponseOf(body: ReadableStream, start: number, end: number) {
  return new Response(body, {
    status: 206,
    headers: {
      ETag: '"one"',
      "Content-Range": `bytes ${start}-${end - 1}/${file.length}`,
    },
  });
}

/** An answer whose body never ends. */
function stalled(start: number, end: number): Response {
  return rangeResponseOf(
    new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(3)) }),
    start,
    end,
  );
}

type Misbehave = Parameters<typeof startRangeServer>[1];
const bad: Record<string, [Misbehave, RegExp]> = {
  "no such file": [
    () => new Response("", { status: 404, statusText: "Not Found" }),
    /^it does not exist: its server answers 404 Not Found$/,
  ],
  "a file that may not be read": [
    () => new Response("", { status: 403 }),
    /^its server answers 403 Forbidden$/,
  ],
  "a server without ranges": [
    () => new Response(file),
    /^its server does not support range requests: it sends the whole file$/,
  ],
  "an empty file": [
    () =>
      new Response("", {
        status: 416,
        headers: { "Content-Range": "bytes */0" },
      }),
    /^it is empty$/,
  ],
  "an overloaded server": [
    () => new Response("", { status: 503 }),
    /^its server answers 503 Service Unavailable \(tried 3 times\)$/,
  ],
  "a server that asks for an hour": [
    () => new Response("", { status: 429, headers: { "Retry-After": "3600" } }),
    /^its server answers 429 Too Many Requests, and asks to wait 3600 s$/,
  ],
  "a server that stalls": [
    () =>
      new Promise<undefined>((resolve) =>
        setTimeout(() => resolve(undefined), 500)
      ),
    /^its server sends nothing: gave up after 0.15 s \(tried 3 times\)$/,
  ],
  "a server that stalls in the middle": [
    ({ start, end }) => stalled(start, end),
    /^its server sends nothing: gave up after 0.15 s \(tried 3 times\)$/,
  ],
  "a server that trickles": [
    ({ start, end }) => {
      let timer: ReturnType<typeof setInterval>;
      const body = new ReadableStream({
        start(controller) {
          const drop = () => controller.enqueue(new Uint8Array(1));
          timer = setInterval(drop, 50);
        },
        cancel: () => clearInterval(timer),
      });
      return rangeResponseOf(body, start, end);
    },
    /^its server is too slow: gave up after 1.5 s$/,
  ],
  "another range": [
    ({ start, end }) => rangeResponse(file, { start: start + 1, end }),
    /^its server sent a range other than the requested one, "bytes 1-16383\/480000" at 0$/,
  ],
  "less than it says": [
    ({ start }) =>
      new Response(file.subarray(start, start + 99), {
        status: 206,
        headers: { "Content-Range": `bytes ${start}-16383/480000` },
      }),
    /^its server sent 99 of 16384 bytes at 0 \(tried 3 times\)$/,
  ],
};

for (const [what, [misbehave, message]] of Object.entries(bad)) {
  Deno.test(`openUrlSource() says so, soon: ${what}`, async () => {
    await using server = startRangeServer(file, misbehave);
    const start = performance.now();
    const error = await assertRejects(
      () => openUrlSource(server.url, quick),
      Error,
    );
    assert(message.test(error.message), error.message);
    assert(performance.now() - start < 4000);
  });
}

Deno.test("openUrlSource() says so where nobody listens", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr as Deno.NetAddr;
  free.close();
  const error = await assertRejects(
    () => openUrlSource(`http://127.0.0.1:${port}/a.svs`, quick),
    Error,
  );
  assertStringIncludes(error.message, "the connection failed: ");
  assertStringIncludes(error.message, "refused");
  assert(!error.message.includes("http://"), error.message);
});

Deno.test("openUrlSource() notices a file that changes while it is read", async () => {
  const shorter = file.slice(0, 400_000);
  const later: [string, (start: number, end: number) => Response][] = [
    [
      "ETag",
      (start, end) => rangeResponse(file, { start, end }, { ETag: '"two"' }),
    ],
    ["size", (start, end) => rangeResponse(shorter, { start, end })],
    ["no ETag", (start, end) => rangeResponse(file, { start, end }, {})],
  ];
  for (const [, answer] of later) {
    await using server = startRangeServer(
      file,
      ({ index, start, end }) => index > 0 ? answer(start, end) : undefined,
    );
    const source = await openUrlSource(server.url, quick);
    await assertRejects(
      () => source.read(100_000, 10),
      Error,
      "it changed on its server while it was read",
    );
    await source.close();
  }
});

Deno.test("openUrlSource() lets go at once of a server that stalls, when it is closed or aborted", async () => {
  await using server = startRangeServer(
    file,
    ({ index, start, end }) => index > 0 ? stalled(start, end) : undefined,
  );
  const source = await openUrlSource(server.url);
  const reads = [1, 2, 3].map((i) =>
    assertRejects(() => source.read(i * 100_000, 10), TypeError, "closed")
  );
  const start = performance.now();
  await source.close();
  await Promise.all(reads);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  assertEquals(
    await assertRejects(() => openUrlSource(server.url, { signal })),
    reason,
  );
  const controller = new AbortController();
  const opening = assertRejects(
    () => openUrlSource(server.url, { signal: controller.signal }),
  );
  controller.abort(reason);
  assertEquals(await opening, reason);
  assert(performance.now() - start < 2000);
});

Deno.test("openUrlSource() asks for the size where the answer hides it, and sends its headers", async () => {
  const seen: (string | null)[] = [];
  await using server = startRangeServer(file, ({ request, start, end }) => {
    seen.push(request.method + " " + request.headers.get("Authorization"));
    if (request.method === "HEAD") {
      return new Response(null, { headers: { "Content-Length": "480000" } });
    }
    return new Response(file.subarray(start, end), { status: 206 });
  });
  const source = await openUrlSource(server.url, {
    headers: { Authorization: "Bearer me" },
  });
  assertEquals([source.size, source.version], [480_000, undefined]);
  assertEquals(await source.read(470_000, 10_000), file.slice(470_000));
  await source.close();
  assertEquals(seen, ["GET Bearer me", "HEAD Bearer me", "GET Bearer me"]);
});
