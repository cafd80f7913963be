import { assert, assertEquals } from "@std/assert";
import { fitLine, widthOf } from "./fit_line.ts";

const text = "7/12 tiles, 0:42 left, 110 tiles/s";
const line = (name: string, columns: number, share = 0.5) =>
  fitLine({ name, share, text }, columns);

Deno.test("fitLine() shortens the bar, then the name, then the text", () => {
  const bar = (full: number, empty: number) =>
    "█".repeat(full) + "░".repeat(empty);
  const cases: [columns: number, line: string][] = [
    [80, `kidney_1 ${bar(15, 15)} ${text}`],
    [70, `kidney_1 ${bar(12, 13)} ${text}`],
    [53, `kidney_1 ${bar(4, 4)} ${text}`],
    [52, `kidney_1 ${text}`],
    [44, `kidney_1 ${text}`],
    [43, "kidney_1 7/12 tiles, 0:42 left"],
    [31, "kidney_1 7/12 tiles, 0:42 left"],
    [20, "kidney_1 7/12 tiles"],
    [15, "7/12 tiles"],
    [8, "7/12 t…"],
  ];
  for (const [columns, expected] of cases) {
    assertEquals(line("kidney_1", columns), expected, `${columns} columns`);
  }
  assertEquals(
    line("a_slide_with_a_long_name", 52),
    `a_slide_with_a_… ${text}`,
  );
});

Deno.test("fitLine() never fills a row, whatever the name is made of", () => {
  const names = [
    "a",
    "x".repeat(300),
    "腎臓の切片".repeat(9),
    "🔬❤️👩‍⚕️".repeat(9),
  ];
  for (const name of names) {
    for (let columns = 2; columns < 200; columns++) {
      const shown = line(name, columns);
      assert(widthOf(shown) < columns, `${columns}: ${shown}`);
    }
  }
});

Deno.test("fitLine() cuts no character in two, and lets no name control the terminal", () => {
  assertEquals(line("腎臓の切片標本", 50), `腎臓の切片標本 ${text}`);
  assertEquals(line("腎臓の切片標本", 47), `腎臓の切片… ${text}`);
  assertEquals(line("a\nb\x1b[2J", 50), `a\ufffdb\ufffd[2J ${text}`);
  assertEquals(line("a", 60, NaN).includes("█"), false);
});
