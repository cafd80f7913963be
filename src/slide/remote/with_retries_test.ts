import { assertEquals, assertRejects } from "@std/assert";
import { TransferError, withRetries } from "./with_retries.ts";

const { signal } = new AbortController();

/** Fails so many times, and counts the attempts. */
function failing(times: number, passing = true, wait?: number) {
  const tries = { count: 0 };
  const attempt = () => {
    if (tries.count++ < times) {
      throw new TransferError("no luck", { passing, wait });
    }
    return Promise.resolve("here");
  };
  return { tries, attempt };
}

Deno.test("withRetries() tries as often as it is told, and says so", async () => {
  for (const attempts of [1, 3]) {
    const options = { attempts, backOff: 0, signal };
    const last = failing(attempts - 1);
    assertEquals(await withRetries(last.attempt, options), "here");
    assertEquals(last.tries.count, attempts);
    const never = failing(9);
    const { message } = await assertRejects(
      () => withRetries(never.attempt, options),
      TransferError,
    );
    assertEquals(message, attempts > 1 ? "no luck (tried 3 times)" : "no luck");
    assertEquals(never.tries.count, attempts);
  }
});

Deno.test("withRetries() gives up at once what does not pass, and a wait of more than a minute", async () => {
  const options = { attempts: 3, backOff: 0, signal };
  const lasting = failing(9, false);
  await assertRejects(() => withRetries(lasting.attempt, options), Error);
  assertEquals(lasting.tries.count, 1);
  const busy = failing(9, true, 60_001);
  await assertRejects(
    () => withRetries(busy.attempt, options),
    TransferError,
    "no luck, and asks to wait 60 s",
  );
  assertEquals(busy.tries.count, 1);
});
