import { bandsOf, streamed, withFolder } from "../../../tests/helpers/masks.ts";
import { writeBands } from "../write_mask.ts";
import { decodeRle, readRleCsv } from "./decode_rle.ts";
import { encodeRle } from "./rle_encoder.ts";
import { RleSink } from "./rle_sink.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("decodeRle() and encodeRle() match the golden code", async () => {
  const golden = new URL("../../../tests/golden/", import.meta.url);
  const cases: { op: string; name: string; rle: string }[] = JSON.parse(
    await Deno.readTextFile(new URL("ops.json", golden)),
  );
  const { rle } = cases.find(({ op, name }) =>
    op === "rle" && name === "30x20"
  )!;
  const bytes = await Deno.readFile(new URL("ops.safetensors", golden));
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)),
  );
  const { shape, data_offsets: [from, to] } = header["rle/30x20/mask"];
  const mask = bytes.slice(8 + headerLength + from, 8 + headerLength + to);
  const size = { width: shape[1], height: shape[0] };
  assertEquals(encodeRle(mask, size), rle);
  assertEquals(decodeRle(rle, size), mask);
});

Deno.test("decodeRle() reads empty codes and any white space", () => {
  assertEquals(decodeRle("", { width: 2, height: 1 }), new Uint8Array(2));
  assertEquals(
    decodeRle(" 1 1\t2  1\r\n", { width: 2, height: 1 }),
    new Uint8Array([1, 1]),
  );
});

Deno.test("decodeRle() refuses codes that are broken", () => {
  const size = { width: 3, height: 3 };
  for (
    const [text, error, message] of [
      ["1", SyntaxError, "pairs"],
      ["1 2 4", SyntaxError, "the last start, 4, has no length"],
      ["a b", SyntaxError, 'whole numbers, received "a"'],
      ["1 -2", SyntaxError, "whole numbers"],
      ["1.5 2", SyntaxError, "whole numbers"],
      ["0 2", RangeError, "within pixels 1 to 9"],
      ["1 0", RangeError, "within pixels 1 to 9"],
      ["9 2", RangeError, 'within pixels 1 to 9, received "9 2"'],
      ["1 99999999999999999999999", RangeError, "within pixels 1 to 9"],
      [
        "1 3 3 1",
        RangeError,
        'without overlap, but "3 1" follows a run that ends at 3',
      ],
      ["5 1 1 1", RangeError, "ascend"],
    ] as const
  ) assertThrows(() => decodeRle(text, size), error, message);
});

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
      ["", "the file is empty"],
      ["a,1 2\n", 'header must be "id,encoding"'],
      ["id,encoding\na\n", "line 2 must have an id and a code"],
      ["id,encoding\na,1 2,3\n", "line 2"],
      ["id,encoding\n,1 2\n", "line 2"],
      ["id,encoding\na,1 2\na,1 2\n", 'line 3 repeats the id "a"'],
    ]
  ) assertThrows(() => readRleCsv(text), SyntaxError, message);
});

Deno.test("readRleCsv() reads what RleSink writes", async () => {
  await withFolder(async (folder) => {
    const mask = { width: 2, height: 2, mask: new Uint8Array([0, 1, 1, 1]) };
    const odd = [
      "a\nb",
      " a ",
      "a\r",
      "=1+1",
      "'=1",
      "-a",
      "@a",
      "\ta",
      "\x1b[2J",
    ];
    for (const id of ["kidney 1", 'a "b", c', ...odd]) {
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
