import { assertEquals } from "@std/assert";
import {
  type InferCommandOptions as InferOptions,
  parseInferOptions,
} from "../cli/infer.ts";
import { describeFiles, findComplete } from "./batch_results.ts";
import { resultFiles } from "./result_formats.ts";

const out = await Deno.makeTempDir({ prefix: "tilewise-complete-" });
Deno.test.afterAll(() => Deno.remove(out, { recursive: true }));
const options: InferOptions = parseInferOptions(
  ["s.tif", "--weights", "w", "--out", out, "--format", "png,json"],
)!;
const fingerprint = "print";
const find = async (
  print: string | undefined = fingerprint,
  precision: InferOptions["precision"] = "auto",
) =>
  await findComplete("s", {
    options: { ...options, precision },
    // A run has one fingerprint with f16, and another with f32.
    fingerprint: (used) => used === "f16" ? print : "of f32",
  }) !== undefined;

/** Writes files as a run does, the summary last; `change` changes the summary. */
async function writeRun(
  change: (summary: string) => string = (summary) => summary,
): Promise<void> {
  const paths = resultFiles("s", options);
  for (const path of paths) await Deno.writeTextFile(path, `in ${path}`);
  const files = await describeFiles(paths);
  const settings = { fingerprint, precision: "f16" };
  await Deno.writeTextFile(
    `${out}/s.json`,
    change(JSON.stringify({ settings, files })),
  );
}

Deno.test("findComplete() finds a whole run with the same fingerprint and precision, and no other", async () => {
  assertEquals(await find(), false);
  await writeRun();
  assertEquals(await find(), true);
  assertEquals(await find("other"), false);
  assertEquals(await find(fingerprint, "f16"), true);
  assertEquals(await find(fingerprint, "f32"), false);
  const unknown = { options, fingerprint: () => undefined };
  assertEquals(await findComplete("s", unknown), undefined);
  for (const text of ["", "{", "null", "[]", `{"settings":{}}`]) {
    await writeRun(() => text);
    assertEquals(await find(), false, text);
  }
});

Deno.test("findComplete() finds nothing where a result is missing, cut short, or another", async () => {
  const [mask] = resultFiles("s", options);
  await writeRun();
  const text = await Deno.readTextFile(mask);
  const changes: [string, () => Promise<void>][] = [
    ["missing", () => Deno.remove(mask)],
    ["cut short", () => Deno.writeTextFile(mask, text.slice(1))],
    ["another", () => Deno.writeTextFile(mask, text.replace("i", "I"))],
  ];
  for (const [what, change] of changes) {
    await change();
    assertEquals(await find(), false, what);
    await Deno.writeTextFile(mask, text);
    assertEquals(await find(), true);
  }
  // Of a run that wrote fewer files.
  await writeRun((summary) => summary.replace("s.overlay.png", "s.other.png"));
  assertEquals(await find(), false);
});
