// Regular expressions take linear time: one that is quadratic lets a file of 200 kB hold a batch for seconds.
import { assert, assertEquals } from "@std/assert";
import recheck from "recheck/lib/browser.js";

/** The build for browsers is CommonJS: it starts no process and reads no environment. */
const { checkSync } = recheck as unknown as typeof import("recheck");

const root = new URL("../", import.meta.url);

/** Sources whose patterns run over the project's own text alone: shaders, and help. */
const OWN_TEXT = [
  "src/kernels/",
  "src/gpu/program.ts",
  "src/options/command.ts",
];

/** Patterns that run over paths and names alone, which operating systems keep below a few thousand characters. */
const PATHS = [
  "[^\\\\/]*$",
  "[^/\\\\]*$",
  "[/\\\\]+$",
  "(?<=[^\\\\/])[\\\\/]*$",
  "[\\\\/]?[^\\\\/]*$",
  "[^/]*$",
  "\\/*$",
  "\\/+$",
  "[\\\\/]+$",
  "[\\\\/]+[^\\\\/]*$",
  "[?#].*$",
  "\\.[^*/]+$",
  "(?<=[^])\\.[^.]*$",
  "\\.[^./\\\\]+$",
  "^(.*?)\\{([^{}]*)\\}(.*)$",
];

/** A pattern of a source, and its flags. */
interface Literal {
  readonly path: string;
  readonly pattern: string;
  readonly flags: string;
}

Deno.test("Regular expressions of src/ take linear time", () => {
  const slow = new Set<string>();
  const literals = [...sources("src/")]
    .filter((path) => !OWN_TEXT.some((start) => path.startsWith(start)))
    .flatMap((path) =>
      literalsOf(path, Deno.readTextFileSync(new URL(path, root)))
    );
  assert(literals.length > 80);
  const known = new Map<string, string | undefined>();
  for (const { path, pattern, flags } of literals) {
    if (PATHS.includes(pattern)) continue;
    const key = `/${pattern}/${flags}`;
    if (!known.has(key)) known.set(key, problemOf(pattern, flags));
    const problem = known.get(key);
    if (problem) slow.add(`${path}: ${key} is ${problem}`);
  }
  assertEquals([...slow], []);
});

Deno.test("problemOf() finds what is quadratic or worse, and nothing else", () => {
  // Those that held a batch for seconds.
  assertEquals(problemOf("^ImageJ=[^]*^unit=", "m"), "2nd degree polynomial");
  assertEquals(
    problemOf('<Pixels\\b[^>]*SizeX="(\\d+)"', ""),
    "2nd degree polynomial",
  );
  assertEquals(problemOf("\\s+$", ""), "2nd degree polynomial");
  assertEquals(problemOf("^(a+)+$", ""), "exponential");
  assertEquals(problemOf("^[a-z]+$", ""), undefined);
  assertEquals(problemOf("^(?=a)\\s*(.+?)=", ""), undefined);
});

Deno.test("literalsOf() sees patterns as the parser does, and those made at run time", () => {
  const source = 'const a = 4 / 2 / 1; "/b/"; /c[/]+/gu.test(`${/d/}`)';
  assertEquals(
    literalsOf("a.ts", source).map(({ pattern, flags }) => [pattern, flags]),
    [["c[/]+", "gu"], ["d", ""]],
  );
  // One is made of the patterns of the schema of models, the other of what the user wrote: globs.
  const made = [...sources("src/")].filter((path) =>
    /new RegExp\(/.test(Deno.readTextFileSync(new URL(path, root)))
  );
  assertEquals(made.sort(), [
    "src/model_folder/schema.ts",
    "src/run/glob_files.ts",
  ]);
});

/** How slow a pattern is, if not linear: by its automaton, and where that cannot tell by trying texts. */
function problemOf(pattern: string, flags: string): string | undefined {
  const check = (checker: "automaton" | "fuzz") => {
    try {
      return checkSync(pattern, flags, { checker, timeout: 120_000 });
    } catch {
      return undefined; // repetitions of thousands are too deep for it
    }
  };
  let result = check("automaton");
  if (!result || result.status === "unknown") result = check("fuzz");
  if (result?.status === "safe") return undefined;
  return result?.status === "vulnerable"
    ? result.complexity.summary.replace(/ \(fuzz\)$/, "")
    : "not known to be linear";
}

/** The regular expression literals of a source. */
function literalsOf(path: string, source: string): Literal[] {
  const found: Literal[] = [];
  Deno.lint.runPlugin(
    {
      name: "regexp",
      rules: {
        list: {
          create: () => ({
            Literal(node) {
              // Other literals have the field, too, though empty.
              if (!("regex" in node) || !node.regex) return;
              const { pattern, flags } = node.regex;
              found.push({ path, pattern, flags });
            },
          }),
        },
      },
    },
    path,
    source,
  );
  return found;
}

/** The modules that are written by hand, without tests. */
function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    const path = folder + name;
    if (isDirectory) yield* sources(`${path}/`);
    const isBundle = /^src\/(kernels\/shaders|report\/page|view\/page)\.ts$/;
    if (/(?<!_test)\.ts$/.test(name) && !isBundle.test(path)) yield path;
  }
}
