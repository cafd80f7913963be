import { assert, assertEquals, assertRejects } from "@std/assert";
import { startRangeServer } from "../../../tests/helpers/range_server.ts";
import { fetchFollowing, isPrivateHost } from "./follow_redirects.ts";
import { openUrlSource } from "./open_url_source.ts";
import { TransferError } from "./with_retries.ts";

const hostOf = (host: string) => new URL(`http://${host}/`).hostname;

Deno.test("isPrivateHost() knows this machine and private networks, however they are written", () => {
  const hosts = [
    ...["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0"],
    ...["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255"],
    ...["192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1"],
    ...["192.0.0.8", "224.0.0.1", "255.255.255.255", "127.0.0.1."],
    ...["[::]", "[::1]", "[fc00::1]", "[fdff::1]", "[fe80::1]", "[ff02::1]"],
    ...["[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[64:ff9b::10.0.0.1]"],
    ...["[2002:7f00:1::]", "[2001:0:4136:e378::1]", "[::ffff:0:7f00:1]"],
    ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "router"],
    ...["scanner.local", "metadata.google.internal", "nas.lan", "１27.0.0.1"],
  ];
  for (const host of hosts) assert(isPrivateHost(hostOf(host)), host);
});

Deno.test("isPrivateHost() knows public hosts", () => {
  const hosts = [
    ...["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.0.1", "100.128.0.1"],
    ...["126.255.255.255", "128.0.0.1", "169.253.0.1", "172.15.0.1"],
    ...["172.32.0.1", "192.0.1.1", "192.167.0.1", "192.169.0.1", "223.0.0.1"],
    ...["[2606:4700::1111]", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]"],
    ...["[64:ff9b::8.8.8.8]", "[2002:808:808::]", "slides.example.org"],
    ...[
      "localhost.example.org",
      "local.example.org",
      "10.example.org",
      "example.org.",
    ],
  ];
  for (const host of hosts) assert(!isPrivateHost(hostOf(host)), host);
});

const { signal } = new AbortController();
const headers = { Authorization: "Bearer me", "X-Key": "secret" };

/** A network of redirects: the answer of each URL is where it leads; others answer "ok". */
async function through(
  network: Readonly<Record<string, string>>,
  first: string,
  { granted = () => false, addresses = [] }: {
    readonly granted?: (host: string | undefined) => boolean;
    readonly addresses?: readonly string[];
  } = {},
): Promise<{ outcome: string; asked: string[] }> {
  const asked: string[] = [];
  using stack = new DisposableStack();
  const { fetch } = globalThis;
  const { query } = Deno.permissions;
  const { resolveDns } = Deno;
  stack.defer(() => {
    globalThis.fetch = fetch;
    Deno.permissions.query = query;
    Deno.resolveDns = resolveDns;
  });
  globalThis.fetch = (url, { headers } = {}) => {
    const keys = [...new Headers(headers).keys()].filter((name) =>
      name !== "range"
    );
    asked.push([url, ...keys].join(" "));
    const location = network[String(url)];
    return Promise.resolve(
      location === undefined
        ? new Response("ok")
        : new Response("", { status: 302, headers: { Location: location } }),
    );
  };
  Deno.permissions.query = ((about: { host?: string }) =>
    Promise.resolve({
      state: granted(about.host) ? "granted" : "prompt",
    })) as unknown as typeof query;
  Deno.resolveDns =
    (() => Promise.resolve(addresses)) as unknown as typeof resolveDns;
  try {
    const open = { Range: "bytes=0-1" };
    const response = await fetchFollowing(first, { headers, open, signal });
    return { outcome: await response.text(), asked };
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    return { outcome: error.message, asked };
  }
}

const A = "https://a.org/a.svs";
const all = () => true;

Deno.test("fetchFollowing() keeps headers within an origin, and leaves them behind for good", async () => {
  const keys = " authorization x-key";
  const network = {
    [A]: "/b",
    "https://a.org/b": "https://b.org/c#part",
    "https://b.org/c": "https://a.org/d",
  };
  const granted = (host?: string) => /^[ab]\.org:443$/.test(host ?? "");
  assertEquals(await through(network, A, { granted }), {
    outcome: "ok",
    asked: [
      A + keys,
      `https://a.org/b${keys}`,
      "https://b.org/c",
      "https://a.org/d",
    ],
  });
});

Deno.test("fetchFollowing() does not follow to another origin without its permission", async () => {
  for (
    const [target, host] of [
      ["https://b.org/b", "b.org"],
      ["https://a.org:8443/", "a.org:8443"],
    ]
  ) {
    assertEquals(await through({ [A]: target }, A), {
      outcome:
        `reading from ${host} is not allowed: run with --allow-net=${host}`,
      asked: [`${A} authorization x-key`],
    });
  }
});

Deno.test("fetchFollowing() never follows to this machine or a private network, whatever the permissions", async () => {
  const hosts = ["127.0.0.1:8000", "localhost", "[::1]:80", "169.254.169.254"];
  for (const host of [...hosts, "10.0.0.9", "2130706433"]) {
    const target = `https://${host}/`;
    const { outcome, asked } = await through({ [A]: target }, A, {
      granted: all,
    });
    const shown = new URL(target).host;
    assertEquals(
      outcome,
      `its server redirects to ${shown}, which is this machine or a private network, so it is not followed; use that URL itself`,
    );
    assertEquals(asked.length, 1);
  }
  for (const address of ["127.0.0.1", "::ffff:10.0.0.1", "fd00::1"]) {
    const { outcome, asked } = await through({ [A]: "https://b.org/" }, A, {
      granted: all,
      addresses: ["8.8.8.8", address],
    });
    assertEquals(outcome.includes("b.org, which is this machine"), true);
    assertEquals(asked.length, 1);
  }
  const open = { granted: all, addresses: ["8.8.8.8", "2606:4700::1111"] };
  const { outcome } = await through({ [A]: "https://b.org/" }, A, open);
  assertEquals(outcome, "ok");
});

Deno.test("fetchFollowing() refuses loops, chains, other schemes and a fall from https to http", async () => {
  const chain = Object.fromEntries(
    Array.from({ length: 7 }, (_, i) => [`https://a.org/${i}`, `/${i + 1}`]),
  );
  const bad: [Record<string, string>, string, string][] = [
    [{ [A]: A }, A, "redirects in a loop"],
    [{ [A]: "/b", "https://a.org/b": `${A}#x` }, A, "redirects in a loop"],
    [chain, "https://a.org/1", "redirects more than 5 times"],
    [
      { [A]: "http://a.org/a.svs" },
      A,
      "redirects from https: to http:, which is not followed",
    ],
    [
      { [A]: "file:///etc/passwd" },
      A,
      "redirects to a file: URL, which is not followed",
    ],
    [{ [A]: "data:,x" }, A, "redirects to a data: URL, which is not followed"],
    [{ [A]: "https://[" }, A, "redirects to something that is no URL"],
  ];
  for (const [network, first, reason] of bad) {
    const { outcome } = await through(network, first, { granted: all });
    assertEquals(outcome, `its server ${reason}`);
  }
  const five = await through(chain, "https://a.org/2");
  assertEquals([five.outcome, five.asked.length], ["ok", 6]);
  const up = await through({ "http://a.org/": A }, "http://a.org/", {
    granted: all,
  });
  assertEquals(up.outcome, "ok");
});

Deno.test("fetchFollowing() lets a browser, which hides redirects, follow only without headers", async () => {
  const { fetch } = globalThis;
  const modes: (string | undefined)[] = [];
  globalThis.fetch = (_, { redirect } = {}) => {
    modes.push(redirect);
    const response = new Response("ok");
    if (redirect === "manual") {
      Object.defineProperty(response, "type", { value: "opaqueredirect" });
    }
    return Promise.resolve(response);
  };
  try {
    const open = { Range: "bytes=0-1" };
    const response = await fetchFollowing(A, { open, signal });
    assertEquals([await response.text(), ...modes], [
      "ok",
      "manual",
      undefined,
    ]);
    await assertRejects(
      () => fetchFollowing(A, { headers, open, signal }),
      TransferError,
      "its server redirects, and a browser does not say where",
    );
    assertEquals(modes.length, 3);
  } finally {
    globalThis.fetch = fetch;
  }
});

Deno.test("openUrlSource() follows to another port of the same host, without its headers", async () => {
  const file = new Uint8Array(30_000).fill(7);
  const seen: (string | null)[] = [];
  await using server = startRangeServer(file, ({ request, start, end }) => {
    seen.push(request.headers.get("Authorization"));
    if (request.method === "HEAD") {
      return new Response(null, { headers: { "Content-Length": "30000" } });
    }
    return new Response(file.subarray(start, end), { status: 206 });
  });
  await using first = startRangeServer(
    file,
    () => Response.redirect(server.url, 307),
  );
  const source = await openUrlSource(first.url, { headers });
  assertEquals(await source.read(29_000, 5), file.slice(0, 5));
  await source.close();
  assertEquals(seen, [null, null, null]);
  await using local = startRangeServer(
    file,
    () => Response.redirect(server.url.replace("127.0.0.1", "localhost")),
  );
  await assertRejects(
    () => openUrlSource(local.url),
    TransferError,
    "which is this machine or a private network",
  );
  assertEquals(seen.length, 3);
});
