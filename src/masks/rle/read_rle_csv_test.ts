import { assertEquals, assertThrows } from "@std/assert";
import { readRleCsv } from "./read_rle_csv.ts";
import { RleSink } from "./rle_sink.ts";
import { writeBands } from "../write_bands.ts";
import { bandsOf, streamed, withFolder } from "../../../tests/helpers/masks.ts";

Deno.test("readRleCsv() reads training and submission files", () => {
  assertEquals([...readRleCsv("id,encoding\na,1 2 5 1\nb,\n")], [[
    "a",
    "1 2 5 1",
  ], ["b", ""]]);
  assertEquals([
    ...readRleCsv('\ufeffid,predicted\r\n\r\n"a ""x"", y","1 2"\r\nb,3 4'),
  ], [
    ['a "x", y', "1 2"],
    ["b", "3 4"],
  ]);
  assertEquals([...readRleCsv("id,encoding")], []);
});

Deno.test("readRleCsv() refuses what it cannot be", () => {
  for (
    const [text, message] of [
      ["", "received an empty file"],
      ["a,1 2\n", 'header must be "id,encoding"'],
      ["id,encoding\na\n", "line 2 must hold an id and a code"],
      ["id,encoding\na,1 2,3\n", "line 2"],
      ["id,encoding\n,1 2\n", "line 2"],
      ["id,encoding\na,1 2\na,1 2\n", '"a" again on line 3'],
    ]
  ) assertThrows(() => readRleCsv(text), SyntaxError, message);
});

Deno.test("readRleCsv() reads what RleSink writes", async () => {
  await withFolder(async (folder) => {
    const mask = { width: 2, height: 2, mask: new Uint8Array([0, 1, 1, 1]) };
    for (const id of ["kidney 1", 'a "b", c']) {
      const path = `${folder}/a.rle.csv`;
      await writeBands(streamed(bandsOf(mask)), [
        new RleSink(path, { id, ...mask }),
      ]);
      const text = await Deno.readTextFile(path);
      if (id === "kidney 1") assertEquals(text, "id,predicted\nkidney 1,2 3\n");
      assertEquals([...readRleCsv(text)], [[id, "2 3"]]);
    }
  });
});
