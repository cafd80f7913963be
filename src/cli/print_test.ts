import { assertEquals, assertStringIncludes } from "@std/assert";
import { summarizeMask } from "../masks/summarize_mask.ts";
import { captureConsole } from "../../tests/helpers/capture_console.ts";
import { batchTable } from "./batch_table.ts";
import { main } from "./main.ts";
import { printError, printJson, printLine, printLines } from "./print.ts";
import { Printer } from "./printer.ts";

const name = "a\nb\x1bc\x9b1m\u202e";
const shown = "a\\nb\\x1bc\\x9b1m\\u{202e}";

Deno.test("Printed lines show control characters, and lines stay lines", async () => {
  const { out, error } = await captureConsole(() => {
    printLine(name);
    printError(name);
    printLines(`first\nsecond \x1b[m`);
    printJson([name]);
    return Promise.resolve(0);
  });
  const [line, ...more] = out.split("\n");
  assertEquals([line, error], [shown, `${shown}\n`]);
  assertEquals(more.slice(0, 2), ["first", "second \\x1b[m"]);
  const json = more.slice(2).join("\n");
  assertEquals(JSON.parse(json), [name]);
  assertEquals(/[^\n -~]/.test(json), false);
});

Deno.test("A slide's name cannot control the terminal: not in errors, notes, tables, nor inspections", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/${name}.tif`;
    for (const content of [undefined, "no slide"]) {
      if (content) await Deno.writeTextFile(path, content);
      for (const line of [["inspect", path], ["view", path]]) {
        const { out, error } = await captureConsole(() => main(line));
        const text = out + error;
        assertStringIncludes(text, `${folder}/${shown}.tif`);
        assertEquals(/[^\n\P{Cc}]|\u202e/u.test(text), false);
      }
    }
    const noted = await captureConsole(async () => {
      const printer = new Printer({ quiet: false });
      await printer.print({ kind: "note", slide: name, text: name });
      return 0;
    });
    assertEquals(noted.error, `tilewise: ${shown}: ${shown}\n`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const summary = summarizeMask({
    slide: { name, width: 10, height: 10 },
    areas: [],
    tiles: { seen: 1, skipped: 0 },
  });
  const table = batchTable([
    { source: name, place: name, status: "done", summary },
    { source: `in/${name}`, place: name, status: "failed", error: "no" },
  ]).split("\n");
  assertEquals(table.length, 4);
  assertEquals(table.map((row) => row.startsWith(shown)), [
    false,
    true,
    true,
    false,
  ]);
});

Deno.test("src/cli/ prints through print.ts alone", async () => {
  // Texts of main.ts are its own, or one line of an error.
  const own = ["print.ts", "main.ts"];
  const others: string[] = [];
  for await (const { name } of Deno.readDir(new URL(".", import.meta.url))) {
    if (own.includes(name) || name.endsWith("_test.ts")) continue;
    const text = await Deno.readTextFile(new URL(name, import.meta.url));
    if (/\bconsole\./.test(text)) others.push(name);
  }
  assertEquals(others, []);
});
