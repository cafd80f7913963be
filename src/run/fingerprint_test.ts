import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { withFolder } from "../../tests/helpers/masks.ts";
import { parseInferOptions } from "../cli/infer.ts";
import type { Slide } from "../slide/slide.ts";
import { dataFingerprint, hashFile, runFingerprint } from "./fingerprint.ts";

Deno.test("hashFile() reads a path or a file: URL, and refuses weights on a server by name", async () => {
  const path = await Deno.makeTempFile();
  try {
    const sha256 =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assertEquals(await hashFile(path), sha256);
    assertEquals(await hashFile(`file://${path}`), sha256);
  } finally {
    await Deno.remove(path);
  }
  await assertRejects(
    () => hashFile("https://example.org/fold0.pth"),
    TypeError,
    '"https://example.org/fold0.pth": weights are read from files only; download it',
  );
});

const slide = { name: "a", width: 10, height: 10, version: "one" } as Slide;

Deno.test("dataFingerprint() is another where slides or labels are, wherever they lie", async () => {
  await withFolder(async (folder) => {
    const old = new Date("2026-01-02T03:04:05Z");
    const write = async (path: string, text: string, time = old) => {
      await Deno.writeTextFile(`${folder}/${path}`, text);
      await Deno.utime(`${folder}/${path}`, time, time);
      return `${folder}/${path}`;
    };
    for (const name of ["one", "two"]) {
      await Deno.mkdir(`${folder}/${name}/more`, { recursive: true });
      await write(`${name}/a.csv`, "a");
      await write(`${name}/b.csv`, "b");
    }
    const of = (slides: Slide[], ...files: string[]) =>
      dataFingerprint({ slides, files });
    const [one, two] = [`${folder}/one`, `${folder}/two`];
    const first = await of([slide], one);
    assertEquals(await of([slide], two), first);
    assertEquals(
      await of([slide], `${two}/a.csv`, `${two}/b.csv`),
      first,
      "a folder is its files",
    );
    const others = [
      await of([{ ...slide, version: "two" }], one),
      await of([{ ...slide, name: "b" }], one),
      await of([{ ...slide, mpp: { x: 1, y: 1 } }], one),
      await of([slide, { ...slide, name: "b" }], one),
      await of([slide], `${one}/a.csv`),
      (await write("two/a.csv", "a", new Date()), await of([slide], two)),
      (await write("two/a.csv", "ab"), await of([slide], two)),
    ];
    for (const other of others) assertNotEquals(other, first);
    assertEquals(new Set(others).size, others.length);
  });
});

const slideRunFingerprint = { width: 10, height: 10, version: "one" } as Slide;

function print(
  args: readonly string[] = [],
  { of = slideRunFingerprint, hashes = ["a", "b"], precision = "f32" }: {
    of?: Slide;
    hashes?: string[];
    precision?: string;
  } = {},
): string | undefined {
  const all = ["s.tif", "--weights", "w", "--out", "o", ...args];
  const options = parseInferOptions(all)!;
  return runFingerprint(of, { options, precision, weightHashes: hashes });
}

Deno.test("runFingerprint() is the same where results are", () => {
  const same = [
    ["--quiet"],
    ["--resume"],
    ["--live"],
    ["--timeout", "3"],
    ["--tile", "1024"],
    ["other.tif", "--weights", "elsewhere"],
  ];
  for (const args of same) assertEquals(print(args), print(), args.join());
  assertEquals(
    print(["--format", "rle,json"]),
    print(["--format", "json,rle"]),
  );
});

Deno.test("runFingerprint() is another where results may be", () => {
  const others = [
    print(["--threshold", "0.4"]),
    print(["--flips"]),
    print(["--tile", "512"]),
    print(["--mpp", "1"]),
    print(["--format", "json"]),
    print(["--fill", "black"]),
    print([], { hashes: ["b", "a"] }),
    print([], { hashes: ["a"] }),
    print([], { precision: "f16" }),
    print([], { of: { ...slide, version: "two" } }),
    print([], { of: { ...slide, mpp: { x: 1, y: 1 } } }),
  ];
  for (const other of others) assertNotEquals(other, print());
  assertEquals(new Set(others).size, others.length);
});

Deno.test("runFingerprint() vouches for no slideRunFingerprint whose server tells nothing of its state", () => {
  assertEquals(print([], { of: { ...slide, version: undefined } }), undefined);
});
