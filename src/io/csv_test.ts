import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  csvField,
  csvLine,
  type CsvOptions,
  parseCsv,
  readCsv,
} from "./csv.ts";

const fieldsOf = (text: string, options?: CsvOptions) =>
  [...parseCsv(text, options)].map(({ fields }) => fields);

/** Through `readCsv()` in pieces of some characters. */
function streamed(text: string, length: number, options?: CsvOptions) {
  const pieces = text.match(new RegExp(`[^]{1,${length}}`, "g")) ?? [];
  return Array.fromAsync(readCsv(ReadableStream.from(pieces), options));
}

Deno.test("parseCsv() takes rows, quotes and line ends apart", () => {
  assertEquals(fieldsOf(""), []);
  assertEquals(fieldsOf("\ufeffa,b\r\n1, 2 \r\n"), [["a", "b"], ["1", "2"]]);
  assertEquals(fieldsOf("a\n\n \r\rb"), [["a"], ["b"]]);
  assertEquals(fieldsOf("a,,c\n,\n"), [["a", "", "c"], ["", ""]]);
  assertEquals(fieldsOf('"a, b", "say ""so""" ,"two\nlines",""\n'), [
    ["a, b", 'say "so"', "two\nlines", ""],
  ]);
  assertEquals(fieldsOf('5" disc,a""b\n'), [['5" disc', 'a""b']]);
  assertEquals(fieldsOf(' a ," b "\n', { trim: false }), [[" a ", " b "]]);
});

Deno.test("parseCsv() tells the line that a record begins in", () => {
  const lines = [...parseCsv('a\n\n"b\r\nb"\nc\r\nd')].map(({ line }) => line);
  assertEquals(lines, [1, 3, 5, 6]);
});

Deno.test("parseCsv() refuses quotes that are not closed, and what follows them", () => {
  assertThrows(
    () => fieldsOf('a\n"b,c\nd\n'),
    SyntaxError,
    "a quote is not closed in line 2",
  );
  assertThrows(
    () => fieldsOf('a\n"b"c,d\n'),
    SyntaxError,
    "text follows a quoted field in line 2",
  );
});

Deno.test("readCsv() reads the same in pieces of any length", async () => {
  const text = 'a,"b ""x""\r\ny" ,c\r\n\r\n"",é\n"last"';
  for (const trim of [true, false]) {
    const whole = [...parseCsv(text, { trim })];
    for (let length = 1; length <= text.length; length++) {
      assertEquals(await streamed(text, length, { trim }), whole);
    }
  }
  await assertRejects(() => streamed('a,"b', 2), SyntaxError, "not closed");
});

Deno.test("readCsv() does not fill the memory with a record that never ends", async () => {
  let pieces = 0;
  async function* endless() {
    yield '"';
    while (true) yield `${++pieces}`.padEnd(2 ** 20, "x");
  }
  await assertRejects(
    () => Array.fromAsync(readCsv(endless())),
    RangeError,
    "line 1 has more than 16777216 characters",
  );
  assertEquals(pieces, 16);
});

Deno.test("csvLine() writes what parseCsv() reads", () => {
  const fields = ["plain", "a, b", 'say "so"', "two\r\nlines", "", " blank "];
  const line = csvLine(fields);
  assertEquals(
    line,
    'plain,"a, b","say ""so""","two\r\nlines",, blank \n',
  );
  assertEquals(fieldsOf(line, { trim: false }), [fields]);
  assertEquals(csvField("µm"), "µm");
});
