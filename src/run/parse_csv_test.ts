import { assertEquals } from "@std/assert";
import { parseCsv } from "./parse_csv.ts";

Deno.test("parseCsv() takes rows, quotes and line ends apart", () => {
  assertEquals(parseCsv(""), []);
  assertEquals(parseCsv("\ufeffa,b\r\n1, 2 \r\n"), [["a", "b"], ["1", "2"]]);
  assertEquals(parseCsv("a\n\n\nb"), [["a"], ["b"]]);
  assertEquals(parseCsv("a,,c\n,\n"), [["a", "", "c"], ["", ""]]);
  assertEquals(parseCsv('"a, b","say ""so""","two\nlines"\n'), [
    ["a, b", 'say "so"', "two\nlines"],
  ]);
});
