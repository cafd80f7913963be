/** Where the servers are, and what they show. */
export interface Servers {
  readonly service: string;
  readonly view: string;
  readonly stats: string;
  /** Paths of slides in the service. */
  readonly slides: readonly string[];
  /** Paths of tiles in the view. */
  readonly tiles: readonly string[];
}

/** What the clients saw. */
export class Record {
  /** Milliseconds of each complete answer, by kind and client. */
  readonly times: Map<string, Map<number, number[]>> = new Map([
    ["service", new Map()],
    ["view", new Map()],
  ]);
  /** Answers of each status. */
  readonly statuses: Map<string, number> = new Map();
  /** What should not have happened. */
  readonly wrong: string[] = [];
  /** The digest of each answer in a quiet run. */
  readonly quiet: Map<string, string> = new Map();
  /** Answers that were compared with those. */
  compared = 0;

  status(kind: string, status: number | string): void {
    const key = `${kind} ${status}`;
    this.statuses.set(key, (this.statuses.get(key) ?? 0) + 1);
  }

  time(kind: string, client: number, milliseconds: number): void {
    const clients = this.times.get(kind)!;
    clients.set(client, [...clients.get(client) ?? [], milliseconds]);
  }

  async compare(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const digest = await digestOf(bytes);
    const expected = this.quiet.get(path);
    if (expected === undefined) return;
    this.compared++;
    if (digest !== expected) {
      this.wrong.push(`${path} differs from a quiet run`);
    }
  }
}

/** The digest of an answer. */
export async function digestOf(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}

const pause = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a client does, again and again. */
type Turn = (
  servers: Servers,
  record: Record,
  id: number,
  signal: AbortSignal,
) => Promise<void>;

const pick = <T>(list: readonly T[]): T =>
  list[Math.floor(Math.random() * list.length)];

/** Asks the service until it has a place, and reads the whole answer. */
const askService: Turn = async ({ service, slides }, record, id, signal) => {
  const path = pick(slides);
  const start = performance.now();
  while (!signal.aborted) {
    const response = await fetch(service + path, { signal });
    record.status("service", response.status);
    const bytes = await response.bytes();
    if (response.status !== 503) {
      record.time("service", id, performance.now() - start);
      await record.compare(path, bytes);
      const last = new TextDecoder().decode(bytes).trim().split("\n").at(-1)!;
      if (!last.includes('"done"')) record.wrong.push(`${path}: ${last}`);
      return;
    }
    await pause(50 + 100 * Math.random());
  }
};

/** Asks for a tile. */
const askTile: Turn = async ({ view, tiles }, record, id, signal) => {
  const path = pick(tiles);
  const start = performance.now();
  const response = await fetch(view + path, { signal });
  record.status("view", response.status);
  const bytes = await response.bytes();
  record.time("view", id, performance.now() - start);
  if (response.ok) await record.compare(path, bytes);
  else record.wrong.push(`${path}: ${new TextDecoder().decode(bytes)}`);
  await pause(20);
};

/** Sends a request by hand, to the `HOST` that it names. Its disposal, or the signal, closes the connection. */
async function connect(
  url: string,
  { text, signal }: { readonly text: string; readonly signal: AbortSignal },
) {
  const { host, port } = new URL(url);
  const socket = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(port),
  });
  let open = true;
  const close = () => {
    if (open) socket.close();
    open = false;
  };
  signal.addEventListener("abort", close, { once: true });
  await socket.write(new TextEncoder().encode(text.replace("HOST", host)))
    .catch(() => {});
  return {
    /** Reads some bytes; `null` once the connection is closed. */
    read: (bytes: Uint8Array<ArrayBuffer>): Promise<number | null> =>
      socket.read(bytes).catch(() => null),
    close,
    [Symbol.dispose]() {
      signal.removeEventListener("abort", close);
      close();
    },
  };
}

const get = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`;

/** Reads a few bytes, then hardly any: its answer is to hold up nobody else's. */
const readSlowly: Turn = async ({ service, slides }, record, _, signal) => {
  using socket = await connect(service, {
    text: get(slides[0]),
    signal,
  });
  record.status("slow", "asked");
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 100 && !signal.aborted; i++) {
    if (await socket.read(bytes) === null) return;
    await pause(100);
  }
};

/** Leaves in the middle of an answer, or before it. */
const leave: Turn = async (
  { service, view, slides, tiles },
  record,
  id,
  signal,
) => {
  const isService = Math.floor(id / TURNS.length) % 2 === 0;
  using socket = await connect(isService ? service : view, {
    text: get(pick(isService ? slides : tiles)),
    signal,
  });
  record.status("leaving", "asked");
  await pause(100 * Math.random());
  if (Math.random() < 0.5) await socket.read(new Uint8Array(64));
};

const NONSENSE = [
  get("/objects/..%2f..%2fetc%2fpasswd"),
  get("/slides/0/tiles/slide/99/0_0"),
  get("/objects/%ff%fe"),
  get(`/${"a".repeat(60_000)}`),
  "DELETE / HTTP/1.1\r\nHost: example.org\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 99\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
  "GET ", // and no more
];

/** Asks for what does not exist, or what is no request. */
const talkNonsense: Turn = async ({ service, view }, record, _, signal) => {
  const text = pick(NONSENSE);
  using socket = await connect(pick([service, view]), { text, signal });
  const bytes = new Uint8Array(1024);
  const ended = setTimeout(() => socket.close(), 500);
  const count = await socket.read(bytes);
  clearTimeout(ended);
  const answer = new TextDecoder().decode(bytes.subarray(0, count ?? 0));
  const status = /^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? "nothing";
  record.status("nonsense", status);
  if (/^[5]/.test(status)) record.wrong.push(`${text.slice(0, 40)}: ${status}`);
  await pause(20);
};

/** Of ten clients, three ask the service, three the view, two are slow, one leaves, one talks nonsense. */
const TURNS: readonly Turn[] = [
  ...[askService, askService, askService, askTile, askTile, askTile],
  ...[readSlowly, readSlowly, leave, talkNonsense],
];

/** Runs a client until the signal aborts. */
export async function runClient(
  id: number,
  { servers, record, signal }: {
    readonly servers: Servers;
    readonly record: Record;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const turn = TURNS[id % TURNS.length];
  while (!signal.aborted) {
    try {
      await turn(servers, record, id, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { name } = error as Error;
      // Servers may close the connections of those who do not ask properly.
      if (turn === askService || turn === askTile) {
        record.wrong.push(String(error));
      } else record.status(turn.name, name);
      await pause(20);
    }
  }
}

/** Milliseconds until the service gives the place of a client that leaves in the middle of an answer to another. */
export async function timeToFree(
  { service, slides }: Servers,
): Promise<number> {
  const stop = new AbortController();
  const first = await fetch(service + slides[0], { signal: stop.signal });
  await first.body!.getReader().read(); // it has begun
  stop.abort();
  const start = performance.now();
  const second = await fetch(service + slides[1]);
  const reader = second.body!.getReader();
  await reader.read();
  const time = performance.now() - start;
  while (!(await reader.read()).done); // to the end
  return time;
}

/** Milliseconds until the places of all clients that leave while they wait are free. */
export async function timeToLeaveQueue(
  { service, slides }: Servers,
): Promise<number> {
  const stop = new AbortController();
  const { signal } = stop;
  const ask = (path: string) => fetch(service + path, { signal });
  const first = await ask(slides[0]);
  const reader = first.body!.getReader();
  await reader.read(); // it has begun
  while ((await ask(slides[0])).status !== 503); // until the queue is full
  const after = new AbortController();
  const leaving = performance.now();
  stop.abort();
  try {
    for (;;) {
      const answer = await fetch(service + slides[1], { signal: after.signal });
      if (answer.status !== 503) return performance.now() - leaving;
      await answer.body?.cancel();
      await pause(1);
    }
  } finally {
    after.abort();
  }
}
