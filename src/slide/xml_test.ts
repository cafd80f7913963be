import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { descendant, descendants, parseXml } from "./xml.ts";

Deno.test("parseXml() reads elements without prefixes, attributes, text and entities", () => {
  const root = parseXml(
    `\uFEFF<?xml version="1.0" encoding="utf-16"?><!-- c --><a:OME xmlns:a="x"><Pixels U="&#xb5;m" V='&amp;&#181;'/><b>x &lt; y<![CDATA[ <z> ]]></b></a:OME>\0\0`,
  );
  assertEquals(root.name, "OME");
  assertEquals(descendant(root, "Pixels")!.attributes.U, "µm");
  assertEquals(descendant(root, "Pixels")!.attributes.V, "&µ");
  assertEquals(descendant(root, "b")!.text, "x < y <z> ");
  const nested = parseXml("<a><b n='1'><b n='2'/></b><b n='3'/></a>");
  assertEquals(
    [...descendants(nested, "b")].map(({ attributes }) => attributes.n),
    ["1", "2", "3"],
  );
});

Deno.test("parseXml() refuses what is damaged, deep or hostile, and soon", () => {
  const entities = `<!DOCTYPE x [<!ENTITY a "${"a".repeat(100)}">]><x>&a;</x>`;
  const start = performance.now();
  for (
    const text of [
      "",
      "<a>",
      "<a></b>",
      "<a b=c/>",
      "<a>&b;</a>",
      entities,
      "<a>".repeat(300) + "</a>".repeat(300),
      "<Pixels ".repeat(100_000),
      "<a b='".repeat(100_000),
      "<!--".repeat(100_000),
      "<a>" + "x<".repeat(100_000),
    ]
  ) {
    assertThrows(() => parseXml(text), SyntaxError, "its XML is damaged");
  }
  assertLess(performance.now() - start, 5000);
});
