import { assertEquals } from "@std/assert";
import { cannot } from "./cannot.ts";
import { printable } from "./printable.ts";

Deno.test("printable() shows what controls a terminal, and leaves all other text", () => {
  assertEquals(
    printable("a\nb\r\tc\x1b[2J\x00\x7f\x9b"),
    "a\\nb\\r\\tc\\x1b[2J\\x00\\x7f\\x9b",
  );
  assertEquals(printable("a\u202esvs.exe\u2028"), "a\\u{202e}svs.exe\\u{2028}");
  assertEquals(printable("\ud800 \ud83d\ude00"), "\\u{d800} \ud83d\ude00");
  const text = "腎臓🔬 5 µm\u00a0²: C:\\new\\x1b";
  assertEquals(printable(text), text);
  const controls = Array.from(
    { length: 0x2100 },
    (_, i) => String.fromCharCode(i),
  ).join("");
  assertEquals(/\p{Cc}/u.test(printable(controls)), false);
});

Deno.test("cannot() shows control characters of names and of inner reasons", () => {
  const { message } = cannot('open slide "a\n\x1b[31m.svs"', "no \x9b", {
    received: "\x7f\n",
  });
  assertEquals(
    message,
    'Cannot open slide "a\\n\\x1b[31m.svs": no \\x9b, received "\\x7f\\n"',
  );
});
