import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  csvField,
  csvLine,
  type CsvOptions,
  parseCsv,
  readCsv,
} from "./csv.ts";
import { MAX_CSV_FIELDS, MAX_CSV_RECORD } from "./limits.ts";

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
    "line 1 has more than 67108864 characters",
  );
  assertEquals(pieces, 64);
});

/** Through `parseCsv()` and `readCsv()`; resolves to the length of each field. */
async function lengthsOf(text: string): Promise<number[][]> {
  const whole = [...parseCsv(text)];
  const pieces = Array.from(
    { length: Math.ceil(text.length / 2 ** 16) },
    (_, i) => text.slice(i * 2 ** 16, (i + 1) * 2 ** 16),
  );
  const read = await Array.fromAsync(readCsv(ReadableStream.from(pieces)));
  const lengths = whole.map(({ fields }) => fields.map(({ length }) => length));
  for (const [i, { fields }] of read.entries()) {
    assertEquals(fields.map(({ length }) => length), lengths[i]);
  }
  assertEquals(read.length, whole.length);
  return lengths;
}

Deno.test("parseCsv() and readCsv() limit the length of a record", async () => {
  const plain = `a\n${"x".repeat(MAX_CSV_RECORD - 2)},`;
  assertEquals(await lengthsOf(`${plain}\n`), [[1], [MAX_CSV_RECORD - 2, 0]]);
  const message = `line 2 has more than ${MAX_CSV_RECORD} characters`;
  for (const text of [`${plain}y\n`, `${plain}y`]) {
    assertThrows(() => fieldsOf(text), RangeError, message);
    await assertRejects(() => streamed(text, 2 ** 20), RangeError, message);
  }
});

Deno.test("parseCsv() and readCsv() read quoted fields of 16 million characters", async () => {
  const length = 2 ** 24;
  for (const part of ["x", '""', "\n", "\r\n", ",", " "]) {
    const field = part.repeat(length / part.length);
    const expected = part === '""' ? length / 2 : length;
    assertEquals(await lengthsOf(`id,"${field}"\nb`), [[2, expected], [1]]);
  }
});

Deno.test("parseCsv() limits the fields of a record", () => {
  const most = ",".repeat(MAX_CSV_FIELDS - 1);
  assertEquals(fieldsOf(most)[0].length, MAX_CSV_FIELDS);
  assertThrows(
    () => fieldsOf(`a\n${most},`),
    RangeError,
    `Cannot read a CSV: the record in line 2 has more than ${MAX_CSV_FIELDS} fields`,
  );
});

Deno.test("csvLine() writes what parseCsv() reads", () => {
  const fields = ["plain", "a, b", 'say "so"', "two\r\nlines", "", " blank "];
  const line = csvLine(fields);
  assertEquals(
    line,
    'plain,"a, b","say ""so""","two\r\nlines",," blank "\n',
  );
  assertEquals(fieldsOf(line, { trim: false }), [fields]);
  assertEquals(fieldsOf(line), [fields]);
  assertEquals(csvField("µm"), "µm");
});

const formulas = [
  "=cmd|' /C calc'!A0",
  "+1",
  "-1+2",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  " =1",
  "\u00a0=1",
  "\uff1d1",
  "\tplain",
];

Deno.test("csvLine() writes formulas as text, with quotes and an apostrophe, and parseCsv() gives them back", async () => {
  for (const formula of formulas) {
    const line = csvLine(["id", formula]);
    assertEquals(line, `id,"'${formula}"\n`);
    // What began with an apostrophe comes back, too.
    const fields = ["id", formula, `'${formula}`, `''${formula}`, "'plain'"];
    const all = csvLine(fields);
    for (const trim of [true, false]) {
      assertEquals(fieldsOf(all, { trim }), [fields]);
      const read = await streamed(all, 3, { trim });
      assertEquals(read.map(({ fields }) => fields), [fields]);
    }
  }
  assertEquals(csvLine([-1, "'a", "a=b", "5-3"]), "-1,'a,a=b,5-3\n");
  assertEquals(fieldsOf("'=a,=b, '-c \n"), [["=a", "=b", "-c"]]);
});

Deno.test("csvLine() writes any text so that parseCsv() gives it back", () => {
  let state = 7;
  const below = (end: number) => (state = state * 16807 % 2147483647) % end;
  const signs = ["'", '"', "=", "-", ",", "\n", "\r", "\t", " ", "\ufeff", "a"];
  for (let round = 0; round < 5000; round++) {
    const text = () =>
      Array.from(
        { length: below(6) },
        () => signs[below(signs.length)],
      ).join("");
    const fields = ["id", text(), text()];
    assertEquals(fieldsOf(csvLine(fields)), [fields]);
  }
});
