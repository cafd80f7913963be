import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BlockFormat, BlockJob } from "./codecs/block_job.ts";
import { DecodePool } from "./decode_pool.ts";
import { ThreadError } from "./decode_thread.ts";

const format: BlockFormat = {
  compression: 8,
  predictor: 1,
  photometric: 2,
  bits: 8,
  float: false,
  samples: 3,
  colors: 3,
  alpha: "none",
  littleEndian: true,
  reversedBits: false,
  subsampling: [1, 1],
};

/** A block of one byte's value. */
async function makeJob(value: number, side = 600): Promise<BlockJob> {
  const pixels = new Uint8Array(side * side * 3).fill(value);
  const stream = new Blob([pixels]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  const part = new Uint8Array(await new Response(stream).arrayBuffer());
  return { format, parts: [part], width: side, height: side, maxHeight: side };
}

async function decodeMany(pool: DecodePool, count: number): Promise<void> {
  const jobs = await Promise.all(
    Array.from({ length: count }, (_, i) => makeJob(i)),
  );
  const blocks = await Promise.all(jobs.map((job) => pool.decode(job)));
  blocks.forEach((rgb, i) => {
    assertEquals(rgb.length, 600 * 600 * 3);
    assertEquals([rgb[0], rgb[rgb.length - 1]], [i, i]);
  });
}

/** Decodes until threads have started. */
async function warmUp(pool: DecodePool): Promise<void> {
  const { parts, ...job } = await makeJob(0);
  for (let i = 0; i < 6000 && pool.threads === 0; i++) {
    await pool.decode({ ...job, parts: [parts[0]!.slice()] });
    await new Promise((resume) => setTimeout(resume, 5));
  }
  assert(pool.threads > 0);
}

Deno.test("DecodePool decodes here at first, then on threads, which its last user ends", async () => {
  using first = DecodePool.join(2);
  await first.pool.decode(await makeJob(1, 16));
  await new Promise((resume) => setTimeout(resume, 300)); // none is starting either
  assertEquals(first.pool.threads, 0);
  const second = DecodePool.join(2);
  assert(second.pool === first.pool);
  await decodeMany(first.pool, 6);
  await warmUp(first.pool);
  await decodeMany(first.pool, 6);
  await warmUp(first.pool); // idle threads may have ended
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  assert(first.pool.threads > 0);
  first[Symbol.dispose]();
  assertEquals(first.pool.threads, 0);
});

Deno.test("DecodePool hands on what was wrong with a block, and goes on", async () => {
  using user = DecodePool.join(1);
  const job = await makeJob(3, 64);
  await warmUp(user.pool);
  const damaged = { ...job, parts: [job.parts[0]!.slice().fill(9, 4)] };
  await assertRejects(
    () => user.pool.decode(damaged),
    SyntaxError,
    "deflate data are damaged",
  );
  assertEquals((await user.pool.decode(job))[0], 3);
});

Deno.test("DecodePool posts small blocks together, to each thread its share", async () => {
  using user = DecodePool.join(2);
  await warmUp(user.pool);
  const jobs = await Promise.all(
    Array.from({ length: 24 }, (_, i) => makeJob(i, 256)),
  );
  const { postMessage } = Worker.prototype;
  const posted: number[] = [];
  Worker.prototype.postMessage = function (message, options) {
    posted.push(message.jobs.length);
    postMessage.call(this, message, options as StructuredSerializeOptions);
  };
  try {
    const blocks = await Promise.all(jobs.map((job) => user.pool.decode(job)));
    assertEquals(blocks.map((rgb) => rgb[0]), jobs.map((_, i) => i));
  } finally {
    Worker.prototype.postMessage = postMessage;
  }
  assertEquals(posted.reduce((sum, count) => sum + count), jobs.length);
  // 4 blocks of 256² at most; what comes while threads are idle goes at once.
  assertEquals([posted[0], Math.max(...posted)], [1, 4]);
});

Deno.test("DecodePool decodes into blocks that nobody needs, of the same size alone", async () => {
  using user = DecodePool.join(0);
  const data = await Deno.readFile("bench/decode_tile.jpg");
  const size = { width: 256, height: 256, maxHeight: 256 };
  const jpeg = { ...format, compression: 7, photometric: 6 };
  const decode = () =>
    user.pool.decode({ format: jpeg, parts: [data.slice()], ...size });
  const first = await decode();
  const pixels = first.slice();
  const second = await decode();
  assertEquals(first, pixels); // though the decoder was used again
  user.pool.recycle(first.fill(1));
  assert((await decode()).buffer === first.buffer);
  assertEquals(first, pixels);
  assertEquals(second, pixels);

  const other = new Uint8Array(first.length + 3);
  user.pool.recycle(other);
  assertEquals((await decode()).length, pixels.length);
  assertEquals(other.length, 0);
});

Deno.test("DecodePool leaves out what is aborted before its turn", async () => {
  using user = DecodePool.join(1);
  const controller = new AbortController();
  const jobs = await Promise.all(Array.from({ length: 8 }, () => makeJob(5)));
  await warmUp(user.pool);
  const decoded = jobs.map((job) => user.pool.decode(job, controller.signal));
  const reason = new Error("enough");
  controller.abort(reason);
  const results = await Promise.allSettled(decoded);
  const left = results.filter((result) => result.status === "rejected");
  // The thread had taken two.
  assertEquals(left.length, 6);
  assert(left.every((result) => result.reason === reason));
});

Deno.test("DecodePool keeps no process alive", async () => {
  const script = `
    import { DecodePool } from ${
    JSON.stringify(new URL("./decode_pool.ts", import.meta.url).href)
  };
    const { pool } = DecodePool.join(1);
    const format = ${JSON.stringify({ ...format, compression: 5 })};
    while (pool.threads === 0) {
      const job = { format, parts: [new Uint8Array(4096)], width: 2000, height: 500, maxHeight: 500 };
      await pool.decode(job).catch(() => {});
      await new Promise((resume) => setTimeout(resume, 5));
    }
    console.log("started");
  `;
  const command = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const timer = setTimeout(() => child.kill(), 20_000);
  const { success, stdout } = await child.output();
  clearTimeout(timer);
  assert(success);
  assertEquals(new TextDecoder().decode(stdout), "started\n");
});

Deno.test("DecodePool goes on with the threads that are left where one dies", async () => {
  const workers: DyingWorker[] = [];
  /** The first of them dies of its first block. */
  class DyingWorker {
    onmessage?: (event: unknown) => void;
    onerror?: (event: unknown) => void;
    constructor() {
      workers.push(this);
      setTimeout(() => this.onmessage?.({ data: { ready: true } }));
    }
    postMessage({ id, jobs }: { id: number; jobs: BlockJob[] }): void {
      const results = jobs.map(({ width }) => ({
        rgb: new Uint8Array(width).fill(7),
      }));
      const event = { message: "it is gone", preventDefault() {} };
      setTimeout(() =>
        this === workers[0]
          ? this.onerror?.(event)
          : this.onmessage?.({ data: { id, results } })
      );
    }
    terminate(): void {}
  }
  const { Worker } = globalThis;
  Object.assign(globalThis, { Worker: DyingWorker });
  try {
    using user = DecodePool.join(2);
    await warmUp(user.pool).catch(() => {}); // it may be what the first dies of
    const jobs = await Promise.all(Array.from({ length: 6 }, () => makeJob(1)));
    const settled = Promise.allSettled(
      jobs.map((job) => user.pool.decode(job)),
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve("late"), 5000);
    });
    assert(await Promise.race([settled, late]) !== "late");
    clearTimeout(timer);
    const failed = (await settled).filter(({ status }) =>
      status === "rejected"
    );
    assert(failed.length <= 2); // what the dead one had taken
    assertEquals(user.pool.threads, 1);
    assertEquals((await user.pool.decode(await makeJob(1)))[0], 7);
  } finally {
    Object.assign(globalThis, { Worker });
  }
});

/** Has the real threads' next block do something else. */
function atNextBlock(instead: (worker: Worker) => void): Disposable {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function () {
    Worker.prototype.postMessage = postMessage;
    instead(this);
  };
  return {
    [Symbol.dispose]: () => void (Worker.prototype.postMessage = postMessage),
  };
}

for (
  const [what, instead, reason] of [
    [
      "ends in silence",
      (worker: Worker) => worker.terminate(),
      /^Cannot decode a block: a decoding thread failed: it was silent for 120 s$/,
    ],
    [
      "dies",
      (worker: Worker) => {
        const event = new ErrorEvent("error", {
          message: "injected",
          cancelable: true,
        });
        worker.dispatchEvent(event);
      },
      /^Cannot decode a block: a decoding thread failed: injected$/,
    ],
    [
      "takes no block",
      () => {
        throw new DOMException("injected", "DataCloneError");
      },
      /^Cannot decode a block: a decoding thread failed: injected$/,
    ],
  ] as const
) {
  Deno.test(`DecodePool gives up a thread that ${what}, and continues on others`, async () => {
    using user = DecodePool.join(1);
    await warmUp(user.pool);
    const { setTimeout } = globalThis;
    const soon = (work: () => void, delay = 0) =>
      setTimeout(work, delay > 60_000 ? 500 : delay);
    globalThis.setTimeout = soon as typeof setTimeout;
    try {
      using _next = atNextBlock(instead);
      const job = await makeJob(3);
      const error = await assertRejects(() => user.pool.decode(job));
      assert(error instanceof ThreadError && reason.test(error.message));
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    assertEquals(user.pool.threads, 0);
    await decodeMany(user.pool, 3);
  });
}
