import { assert, assertEquals, assertRejects } from "@std/assert";
import { processToken } from "../io/atomic_file.ts";
import { Lease, type LeaseOptions, type LeaseRecord } from "./lease.ts";

const options: LeaseOptions = {
  action: 'write results of "a"',
  run: "one",
  host: "here",
  interval: 20,
};

async function withFolder(work: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/.a.lock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const dead: LeaseRecord = {
  run: "two",
  host: "there",
  pid: 7,
  token: "0123abcd",
  since: "2026-01-02T03:04:05Z",
  beat: 3,
};

Deno.test("Lease.take() refuses while another lives, and says who", async () => {
  await withFolder(async (path) => {
    await using _one = await Lease.take(path, options);
    await assertRejects(
      () => Lease.take(path, { ...options, run: "two" }),
      Error,
      `Cannot write results of "a": run one (process ${Deno.pid} on here, since `,
    );
  });
});

Deno.test("Lease leaves no file, and can be taken again and again", async () => {
  await withFolder(async (path) => {
    for (let i = 0; i < 3; i++) {
      await using lease = await Lease.take(path, options);
      assertEquals(lease.previous, undefined);
      assertEquals(
        JSON.parse(await Deno.readTextFile(path)).token,
        processToken,
      );
    }
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("Lease.take() lets one of many through at a time", async () => {
  await withFolder(async (path) => {
    let holders = 0;
    let taken = 0;
    const tries = Array.from({ length: 20 }, async (_, i) => {
      for (;;) {
        try {
          await using _lease = await Lease.take(path, {
            ...options,
            run: `${i}`,
          });
          assertEquals(++holders, 1);
          await new Promise((resume) => setTimeout(resume, 1));
          holders--;
          taken++;
          return;
        } catch (error) {
          assert(
            (error as Error).message.startsWith("Cannot write"),
            `${error}`,
          );
          await new Promise((resume) => setTimeout(resume, 2));
        }
      }
    });
    await Promise.all(tries);
    assertEquals(taken, 20);
  });
});

Deno.test("Lease.take() takes over at once from a process that was killed on this machine", async () => {
  await withFolder(async (path) => {
    const script = `
      import { Lease } from ${
      JSON.stringify(new URL("./lease.ts", import.meta.url).href)
    };
      await Lease.take(${JSON.stringify(path)}, ${
      JSON.stringify({ ...options, run: "killed" })
    });
      console.log("taken");
      setInterval(() => {}, 1000);
    `;
    const child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-read",
        "--allow-write",
        "-",
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const reader = child.stdout.getReader();
    await reader.read();
    await assertRejects(() => Lease.take(path, options), Error, "run killed");
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    const start = performance.now();
    await using lease = await Lease.take(path, { ...options, interval: 5000 });
    assert(performance.now() - start < 2500);
    assertEquals(lease.previous?.run, "killed");
  });
});

Deno.test("Lease.take() watches an owner on another machine before it takes over", async () => {
  await withFolder(async (path) => {
    await Deno.writeTextFile(path, JSON.stringify(dead));
    const start = performance.now();
    await using lease = await Lease.take(path, options);
    assert(performance.now() - start >= 4 * 20);
    assertEquals(lease.previous, dead);
  });
  await withFolder(async (path) => {
    // One that lives: its count goes on, though its lock is not seen here.
    await Deno.writeTextFile(path, JSON.stringify(dead));
    const waiting = assertRejects(
      () => Lease.take(path, { ...options, interval: 100 }),
      Error,
      'Cannot write results of "a": run two (process 7 on there, since 2026-01-02T03:04:05Z)',
    );
    await new Promise((resume) => setTimeout(resume, 50));
    await Deno.writeTextFile(path, JSON.stringify({ ...dead, beat: 4 }));
    await waiting;
  });
});

Deno.test("Lease notices that another has taken over, and leaves the other's file", async () => {
  await withFolder(async (path) => {
    await using lease = await Lease.take(path, options);
    const { promise, resolve } = Promise.withResolvers<void>();
    lease.lost.addEventListener("abort", () => resolve());
    await Deno.writeTextFile(path, JSON.stringify(dead));
    const keeper = setInterval(() => {}, 1000); // the lease's own timer keeps no process alive
    await promise;
    clearInterval(keeper);
    assertEquals(
      (lease.lost.reason as Error).message,
      "Cannot go on: run two (process 7 on there, since 2026-01-02T03:04:05Z) has taken over",
    );
    await lease[Symbol.asyncDispose]();
    assertEquals(JSON.parse(await Deno.readTextFile(path)), dead);
  });
});

Deno.test("Lease.take() heeds its signal while it watches", async () => {
  await withFolder(async (path) => {
    await Deno.writeTextFile(path, JSON.stringify(dead));
    const signal = AbortSignal.timeout(30);
    await assertRejects(
      () => Lease.take(path, { ...options, interval: 1000, signal }),
      DOMException,
    );
  });
});

Deno.test("Lease.take() cleans up while the killed owner is still named, in case it is killed, too", async () => {
  await withFolder(async (path) => {
    const here = { ...dead, host: "here" };
    await Deno.writeTextFile(path, JSON.stringify(here));
    const fail = () => Promise.reject(new Error("killed again"));
    await assertRejects(
      () => Lease.take(path, { ...options, onKilled: fail }),
      Error,
      "killed again",
    );
    const found: LeaseRecord[] = [];
    await using _lease = await Lease.take(path, {
      ...options,
      onKilled: (previous) => Promise.resolve(void found.push(previous)),
    });
    assertEquals(found, [here]);
  });
});

Deno.test("Lease.take() waits for its turn if asked to", async () => {
  await withFolder(async (path) => {
    const order: string[] = [];
    const first = await Lease.take(path, options);
    const second = Lease.take(path, { ...options, run: "two", wait: true })
      .then(async (lease) => {
        order.push("second");
        await lease[Symbol.asyncDispose]();
      });
    await new Promise((resume) => setTimeout(resume, 120));
    order.push("first");
    await first[Symbol.asyncDispose]();
    await second;
    assertEquals(order, ["first", "second"]);
  });
});

Deno.test("Lease.take() takes the file that is there, when an owner on another machine releases its own", async () => {
  await withFolder(async (path) => {
    await Deno.writeTextFile(path, JSON.stringify(dead));
    const taking = Lease.take(path, options);
    await new Promise((resume) => setTimeout(resume, 30));
    await Deno.remove(path);
    await using _lease = await taking;
    const { token } = JSON.parse(await Deno.readTextFile(path));
    assertEquals(token, processToken);
  });
});

Deno.test("Lease.take() waits for an owner on another machine if asked to", async () => {
  await withFolder(async (path) => {
    await Deno.writeTextFile(path, JSON.stringify(dead));
    let isTaken = false;
    const taking = Lease.take(path, { ...options, interval: 100, wait: true });
    taking.then(() => isTaken = true);
    for (let beat = 4; beat < 8; beat++) {
      await new Promise((resume) => setTimeout(resume, 150));
      await Deno.writeTextFile(path, JSON.stringify({ ...dead, beat }));
      assert(!isTaken, "it lives");
    }
    await using lease = await taking;
    assertEquals(lease.previous?.run, dead.run);
  });
});
