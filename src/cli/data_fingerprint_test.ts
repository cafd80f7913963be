import { assertEquals, assertNotEquals } from "@std/assert";
import { withFolder } from "../../tests/helpers/masks.ts";
import type { Slide } from "../slide/slide.ts";
import { dataFingerprint } from "./data_fingerprint.ts";

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
