import { assertEquals, assertThrows } from "@std/assert";
import { checkClasses, colorsOf, MOST_CLASSES, rgbOf } from "./classes.ts";

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `class ${i}` }));

Deno.test("checkClasses() takes 1 to 255 classes of different names", () => {
  checkClasses("write", [{ name: "tumor" }, {
    name: "stroma",
    color: "#00FF7f",
  }]);
  checkClasses("write", many(MOST_CLASSES));
  const refused: [{ name: string; color?: string }[], string][] = [
    [[], "1 to 255 classes, received 0"],
    [many(256), "received 256"],
    [[{ name: "a" }, { name: "b" }, { name: "a" }], 'have the name "a"'],
    [[{ name: "" }], "1 to 100 characters"],
    [[{ name: "x".repeat(101) }], "1 to 100 characters"],
    [[{ name: "a\nb" }], "on one line"],
    [[{ name: "a\x1b[31m" }], "on one line"],
    [[{ name: "a\u2028b" }], "on one line"],
    [[{ name: "a", color: "red" }], 'class "a" must be like'],
    [[{ name: "a", color: "#12345" }], "like #e69f00"],
  ];
  for (const [classes, says] of refused) {
    assertThrows(() => checkClasses("write", classes), RangeError, says);
  }
});

Deno.test("colorsOf() gives each class a color of its own", () => {
  assertEquals(colorsOf(many(3)), ["#e69f00", "#56b4e9", "#009e73"]);
  assertEquals(
    colorsOf([{ name: "a" }, { name: "b", color: "#E69F00" }]),
    ["#56b4e9", "#e69f00"],
  );
  const all = colorsOf(many(MOST_CLASSES));
  assertEquals(new Set(all).size, MOST_CLASSES);
  assertEquals(all.filter((color) => !/^#[0-9a-f]{6}$/.test(color)), []);
});

Deno.test("rgbOf() gives the bytes of a color", () => {
  assertEquals(rgbOf("#0072b2"), [0, 0x72, 0xb2]);
});
