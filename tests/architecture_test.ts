import { assert, assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);
const FOLDERS = [
  "options",
  "slide",
  "tiles",
  "gpu",
  "cpu",
  "kernels",
  "graph",
  "models",
  "onnx",
  "weights",
  "predict",
  "model_folder",
  "masks",
  "corrections",
  "labels",
  "evaluate",
  "train",
  "report",
  "view",
  "run",
  "io",
  "cli",
  "errors",
];

const table = readTable(
  Deno.readTextFileSync(new URL("ARCHITECTURE.md", root)),
);
const sources = [...filesUnder("src/", ".ts")];
const modules = sources.filter((path) => !path.endsWith("_test.ts"));

Deno.test("ARCHITECTURE.md has a row for each folder of src/, and src/ a folder for each row", () => {
  assertEquals(Object.keys(table).toSorted(), FOLDERS.toSorted());
  const found = [...Deno.readDirSync(new URL("src/", root))].map(({ name }) =>
    name
  );
  assertEquals(found.toSorted(), FOLDERS.toSorted());
  const mentioned = Object.values(table).flat();
  assertEquals(mentioned.filter((name) => !FOLDERS.includes(name)), []);
});

Deno.test("A folder of src/ imports only what ARCHITECTURE.md allows", () => {
  const broken: string[] = [];
  for (const path of modules) {
    const folder = path.split("/")[1];
    for (const specifier of importsOf(path)) {
      if (!specifier.startsWith(".")) continue;
      const target = resolve(specifier, path);
      const [top, imported] = target.split("/");
      const isVersion = /^(run|cli)$/.test(folder) && target === "deno.json";
      const allowed = isVersion || top === "src" &&
          (imported === folder || imported === "errors" ||
            table[folder].includes(imported));
      if (!allowed) broken.push(`${path} imports ${target}`);
    }
  }
  assertEquals(broken, []);
});

Deno.test("No files of src/ import each other in a circle, not even types", () => {
  const imports = new Map(modules.map((path) => [
    path,
    importsOf(path).filter((specifier) => specifier.startsWith("."))
      .map((specifier) => resolve(specifier, path))
      .filter((target) => modules.includes(target)),
  ]));
  assertEquals(findCircle(imports), []);
});

Deno.test("findCircle() finds a circle, however long, and no other path", () => {
  const graph = (edges: Record<string, string[]>) =>
    new Map(Object.entries(edges));
  const circle = { a: ["d", "b"], b: ["c"], c: ["a"], d: [] };
  assertEquals(findCircle(graph(circle)), ["a", "b", "c", "a"]);
  assertEquals(findCircle(graph({ a: ["b", "c"], b: ["c"], c: [] })), []);
  assertEquals(findCircle(graph({ a: ["b"], b: ["b"] })), ["b", "b"]);
});

Deno.test("Only src/gpu/ creates GPU objects", () => {
  const broken = modules.filter((path) =>
    !path.startsWith("src/gpu/") &&
    /\bdevice\s*\.\s*create|\.\s*create(Buffer|BindGroup|ShaderModule|ComputePipeline|QuerySet|CommandEncoder|Texture)/
      .test(withoutComments(read(path)))
  );
  assertEquals(broken, []);
});

Deno.test("No module of src/ has a global GPU device", () => {
  const broken = modules.filter((path) =>
    path !== "src/gpu/request_device.ts" &&
    /\bnavigator\b(?!\.hardwareConcurrency)/.test(withoutComments(read(path)))
  );
  assertEquals(broken, []);
});

Deno.test("No file of the library is longer than 300 lines, no shader than 150", () => {
  const long = [
    ...sources.filter((path) => path !== "src/kernels/shaders.ts").map((
      path,
    ) => ({ path, most: 300 })),
    ...[...filesUnder("shaders/", ".wgsl")].map((path) => ({
      path,
      most: 150,
    })),
  ].filter(({ path, most }) => read(path).trimEnd().split("\n").length > most);
  // Tests may be longer where their cases are many.
  assertEquals(
    long.map(({ path }) => path).filter((path) => !path.endsWith("_test.ts")),
    [],
  );
});

Deno.test("Files have snake_case names", () => {
  const odd = sources.filter((path) =>
    !/^[a-z0-9_]+\.ts$/.test(path.split("/").at(-1)!)
  );
  assertEquals(odd, []);
});

Deno.test("ARCHITECTURE.md names files and functions that exist", () => {
  const text = read("ARCHITECTURE.md");
  const all = modules.map(read).join("\n") + read("mod.ts");
  const paths = [...modules, ...filesUnder("shaders/", ".wgsl")];
  const unknown = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code)
    .filter((code) => {
      const [, name] = code.match(/^([A-Za-z]\w+)\(\)$/) ?? [];
      if (name) return !new RegExp(`\\b${name}\\b`).test(all);
      if (!/^[a-z_]+\/[\w./]*$/.test(code)) return false;
      const isRoot = paths.some((path) => `/${path}`.includes(`/${code}`));
      return !isRoot && !existsSync(code);
    });
  assertEquals(unknown, []);
});

Deno.test("importsOf() sees imports, exports and dynamic imports, not comments", () => {
  // This file itself: one package and none of the project's.
  assertEquals(importsOf("tests/architecture_test.ts"), ["@std/assert"]);
  assert(importsOf("mod.ts").includes("./src/slide/open_slide.ts"));
});

/** Rows as "| `src/tiles/` | what lives there | slide |": folders by name, and what each may import. */
function readTable(markdown: string): Record<string, string[]> {
  const rows: Record<string, string[]> = {};
  for (
    const [, folder, allowed] of markdown.matchAll(
      /^\| `src\/(\w+)\/` *\|[^|]*\|([^|]*)\|$/gm,
    )
  ) {
    const names = allowed.trim().replace(/\(.*?\)/g, "").split(/, */).map((
      name,
    ) => name.trim());
    rows[folder] = names[0] === "all"
      ? FOLDERS
      : names.filter((name) => name !== "–");
  }
  return rows;
}

/** The path of what a file imports. */
function resolve(specifier: string, path: string): string {
  return new URL(specifier, new URL(path, root)).pathname
    .slice(root.pathname.length);
}

/** Files of which each imports the next, and the last is the first; empty where there are none. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): string[] => {
    const start = above.indexOf(path);
    if (start >= 0) return [...above.slice(start), path];
    if (done.has(path)) return [];
    for (const target of imports.get(path) ?? []) {
      const circle = visit(target, [...above, path]);
      if (circle.length > 0) return circle;
    }
    done.add(path);
    return [];
  };
  for (const path of imports.keys()) {
    const circle = visit(path, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

function importsOf(path: string): string[] {
  const imports = withoutComments(read(path))
    .matchAll(
      /^(?:import|export)\b[^;"']*?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm,
    );
  return [...imports].map(([, fixed, dynamic]) => fixed ?? dynamic);
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, root));
}

function* filesUnder(folder: string, suffix: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* filesUnder(`${folder}${name}/`, suffix);
    else if (name.endsWith(suffix)) yield folder + name;
  }
}

function existsSync(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, root)).isDirectory !== undefined;
  } catch {
    return false;
  }
}
