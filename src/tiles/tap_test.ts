import { assertEquals } from "@std/assert";
import { tap } from "./tap.ts";

Deno.test("tap() shows each item before it passes it on", async () => {
  async function* numbers(): AsyncGenerator<number> {
    yield* [1, 2, 3];
  }
  const seen: string[] = [];
  const look = async (item: number): Promise<void> => {
    await Promise.resolve();
    seen.push(`looked at ${item}`);
  };
  for await (const item of tap(numbers(), look)) seen.push(`got ${item}`);
  const expected = [1, 2, 3].flatMap((
    item,
  ) => [`looked at ${item}`, `got ${item}`]);
  assertEquals(seen, expected);
});
