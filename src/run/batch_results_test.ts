import {
  type InferCommandOptions as InferOptions,
  parseInferOptions,
} from "../cli/infer.ts";
import { findComplete } from "./batch_results.ts";
import { resultFiles } from "./result_formats.ts";
import { assertEquals } from "@std/assert";

const out = await Deno.makeTempDir({ prefix: "tilewise-complete-" });
Deno.test.afterAll(() => Deno.remove(out, { recursive: true }));
const options: InferOptions = parseInferOptions(
  ["s.tif", "--weights", "w", "--out", out, "--format", "png,json"],
)!;
const fingerprint = "print";
const find = async (print: string | undefined = fingerprint) =>
  (await findComplete("s", { options, fingerprint: print })) !== undefined;

async function writeRun(summary: string): Promise<void> {
  const old = new Date(Date.now() - 10_000);
  for (const path of resultFiles("s", options)) {
    await Deno.writeTextFile(path, summary);
    await Deno.utime(path, old, old);
  }
}
const whole = JSON.stringify({ settings: { fingerprint } });

Deno.test("findComplete() finds a whole run with the same fingerprint, and no other", async () => {
  assertEquals(await find(), false);
  await writeRun(whole);
  assertEquals(await find(), true);
  assertEquals(await find("other"), false);
  const none = { options, fingerprint: undefined };
  assertEquals(await findComplete("s", none), undefined);
  for (const text of ["", "{", "null", "[]", `{"settings":{}}`]) {
    await writeRun(text);
    assertEquals(await find(), false, text);
  }
});

Deno.test("findComplete() finds nothing where a result is missing, or was replaced later", async () => {
  const [mask] = resultFiles("s", options);
  await writeRun(whole);
  await Deno.remove(mask);
  assertEquals(await find(), false);
  await Deno.writeTextFile(mask, "of a run that was killed before its summary");
  assertEquals(await find(), false);
  await writeRun(whole);
  assertEquals(await find(), true);
});
