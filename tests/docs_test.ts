// What the documentation claims and a test can check: commands run, links resolve, quoted messages exist.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import {
  blocksOf,
  commandBlocks,
  markdownFiles,
  readPage,
  root,
  userPages,
} from "./helpers/markdown.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext, tinyUnextOptions } from "./helpers/tiny_unext.ts";

/** Values that make a command take a second; `undefined` leaves an option out. */
const SMALL: Record<string, Record<string, string | undefined>> = {
  infer: { tile: "64", expansion: "32" },
  plan: { tile: "64", expansion: "32" },
  evaluate: {},
  tile: { tile: "64" },
  train: {
    ...{ tile: "64", expansion: "32", arch: "tiny.json", encoder: undefined },
    ...{ folds: "3", epochs: "1", batch: "4" },
  },
};

/** Options of Deno's own. */
const DENO_OPTIONS = [
  ...["allow-read", "allow-write", "allow-net", "allow-env", "allow-sys"],
  "allow-ffi",
  ...["deny-net", "no-remote", "cached-only", "target", "version"],
];
/** Options of Slurm and Snakemake. */
const ENGINE_OPTIONS = [
  ...["array", "signal", "cpus-per-task", "config", "exclusive"],
];

for (const page of await userPages()) {
  const text = await readPage(page);
  const files = blocksOf(text).flatMap(({ info, text }) => {
    const [, name] = info.match(/^(?:ts ignore|json) (\S+)$/) ?? [];
    return name ? [{ name, text }] : [];
  });
  const commands = commandBlocks(text)
    .filter((lines) => !lines.some((line) => line.includes("jsr:")))
    .flat();
  const programs = files.map(({ name }) => name)
    .filter((name) => name.endsWith(".ts") && !commands.join().includes(name));
  if (commands.length + programs.length === 0) continue;
  Deno.test(`${page}: its commands and programs run`, async (t) => {
    const folder = await makeFolder();
    try {
      for (const { name, text } of files) {
        await Deno.writeTextFile(`${folder}/${name}`, text);
      }
      for (const command of commands) {
        await t.step(command, () => run(shrink(command), folder));
      }
      for (const name of programs) {
        await t.step(
          name,
          () =>
            run(`deno run --check --allow-read --allow-write ${name}`, folder),
        );
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("README.md has at most 120 lines", async () => {
  assert((await readPage("README.md")).split("\n").length <= 121);
});

Deno.test("Commands are run by a test, or say why not", async () => {
  const pages = new Set(await userPages());
  const silent: string[] = [];
  for (const path of await markdownFiles()) {
    for (const { info, text } of blocksOf(await readPage(path))) {
      if (info === "sh" && !pages.has(path)) silent.push(`${path}: ${text}`);
    }
  }
  assertEquals(silent, []);
});

Deno.test("Links between Markdown files and to files resolve", async () => {
  const broken: string[] = [];
  for (const path of await markdownFiles()) {
    const prose = (await readPage(path)).replace(/^```[^]*?^```$/gm, "");
    for (const [, link] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [file, anchor] = link.split("#");
      const target = new URL(
        file || path.split("/").at(-1)!,
        new URL(path, root),
      );
      const isThere = await Deno.stat(target).then(() => true, () => false);
      const isAnchor = !anchor ||
        isThere && anchorsOf(await Deno.readTextFile(target)).includes(anchor);
      if (!isThere || !isAnchor) broken.push(`${path}: ${link}`);
    }
  }
  assertEquals(broken, []);
});

Deno.test("docs/troubleshooting.md quotes messages that exist", async () => {
  const sources: string[] = [];
  for await (const source of sourcesIn("src/")) sources.push(source);
  const all = sources.join("\n").replace(/["`] \+\s*["`]/g, "");
  const text = await readPage("docs/troubleshooting.md");
  const quoted = [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, words]) =>
    words
  );
  assert(quoted.length > 20);
  assertEquals(quoted.filter((words) => !all.includes(words)), []);
});

Deno.test("docs/ names options that exist", async () => {
  const known = new Set([...DENO_OPTIONS, ...ENGINE_OPTIONS]);
  const others = [
    ...["view", "inspect", "export", "model", "plan", "status", "merge"],
  ];
  for (
    const command of [
      ...[...Object.keys(SMALL), ...others].map((name) => [name]),
      ["infer", "--cohort"],
    ]
  ) {
    const help = await output(["task", "--quiet", ...command, "--help"]);
    for (const [, name] of help.matchAll(/--([a-z-]+)/g)) known.add(name);
  }
  const unknown: string[] = [];
  for (const path of await userPages()) {
    for (
      const [code, name] of (await readPage(path)).matchAll(/`--([a-z-]+)/g)
    ) {
      if (!known.has(name)) unknown.push(`${path}: ${code}`);
    }
  }
  assertEquals(unknown, []);
});

Deno.test("Markdown files name tasks that exist", async () => {
  const unknown: string[] = [];
  for (const path of await markdownFiles()) {
    for (
      const [code, name] of (await readPage(path)).matchAll(
        /deno task ([\w:]+)/g,
      )
    ) {
      const isTask = Object.hasOwn(project.tasks, name) || name === "NAME";
      if (!isTask && path !== "CHANGELOG.md") unknown.push(`${path}: ${code}`);
    }
  }
  assertEquals(unknown, []);
});

Deno.test("CONTRIBUTING.md lists each package of deno.json", async () => {
  const text = await readPage("CONTRIBUTING.md");
  assertEquals(
    Object.keys(project.imports).filter((name) =>
      !text.includes(`| \`${name}\``)
    ),
    [],
  );
});

Deno.test("deno.json names exact versions of npm packages", () => {
  const loose = Object.values(project.imports).filter((specifier) =>
    specifier.startsWith("npm:") && !/@\d+\.\d+\.\d+$/.test(specifier)
  );
  assertEquals(loose, []);
});

Deno.test("SECURITY.md lists each npm package that is loaded at run time", async () => {
  const packages = new Set<string>();
  for (const entry of ["mod.ts", "src/cli/main.ts"]) {
    const { npmPackages } = JSON.parse(
      await output(["info", "--quiet", "--json", entry]),
    );
    for (const name of Object.keys(npmPackages)) packages.add(name);
  }
  // Loaded by name when the CPU is asked for, hence in no graph of modules.
  for (const name of ["onnxruntime-node", "onnxruntime-common"]) {
    packages.add(`${name}@1.27.0`);
  }
  const text = await readPage("SECURITY.md");
  const listed = [...text.matchAll(/^\| `([^`]+@[\d.]+)`/gm)]
    .map(([, name]) => name);
  // Versions of what packages bring are those of the day the list was made.
  const own = new Set(Object.values(project.imports));
  const key = (name: string) =>
    own.has(`npm:${name}`) ? name : name.replace(/@[\d.]+$/, "");
  assertEquals(
    [...new Set(listed.map(key))].sort(),
    [...new Set([...packages].map(key))].sort(),
  );
});

Deno.test("deno task lists each task with its description", async () => {
  const listed = await output(["task"]);
  for (const [name, task] of Object.entries(project.tasks)) {
    assertStringIncludes(listed, name);
    assertStringIncludes(listed, task.description);
  }
});

/** A folder like a checkout of a user who has slides, labels and weights: all small. */
async function makeFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-docs-" });
  for (const name of ["deno.json", "mod.ts", "src", "examples"]) {
    await Deno.symlink(new URL(name, root), `${folder}/${name}`);
  }
  for (const name of ["slides", "test", "annotations"]) {
    await Deno.mkdir(`${folder}/${name}`);
  }
  const size = 256;
  // One micrometer per pixel.
  const tags = { 282: [10000, 1], 283: [10000, 1], 296: 3 };
  const pixels = noise(size, size);
  const tiff = await makeTiff([{ width: size, height: size, pixels, tags }]);
  const names = ["kidney_1", "kidney_2", "kidney_3"];
  for (
    const path of [
      "kidney.svs",
      "test/test_1.svs",
      ...names.map((name) => `slides/${name}.svs`),
    ]
  ) {
    await Deno.writeFile(`${folder}/${path}`, tiff);
  }
  const ring = [[40, 40], [120, 40], [120, 120], [40, 120], [40, 40]];
  const feature = {
    type: "Feature",
    geometry: { type: "Polygon", coordinates: [ring] },
    properties: {
      objectType: "annotation",
      classification: { name: "Glomerulus", color: [0, 200, 83] },
    },
  };
  const collection = { type: "FeatureCollection", features: [feature] };
  for (const name of names) {
    await Deno.writeTextFile(
      `${folder}/annotations/${name}.geojson`,
      JSON.stringify(collection),
    );
  }
  await Deno.writeTextFile(
    `${folder}/train.csv`,
    `id,encoding\n${names.map((name) => `${name},500 9000`).join("\n")}\n`,
  );
  await Deno.writeTextFile(
    `${folder}/tiny.json`,
    JSON.stringify(tinyUnextOptions),
  );
  for (const seed of ["0", "1"]) {
    const weights = syntheticStateDict(tinyUnext, { seed, bias: 1 });
    await Deno.writeFile(
      `${folder}/fold${seed}.pth`,
      writeSafetensors(weights),
    );
  }
  return folder;
}

/** The same command with less to do. */
function shrink(line: string): string {
  if (/synthetic_slide\.ts|^deno task demo/.test(line)) {
    return `${line} --size 512`;
  }
  const [, command] = line.match(/^deno task (\w+)/) ?? [];
  const small: Record<string, string | undefined> = / --cohort /.test(line)
    ? {}
    : { ...SMALL[command] };
  if (/ --from /.test(line) || / --arch (?!unext)/.test(line)) {
    delete small.arch;
  }
  if (/ --tiles /.test(line)) delete small.tile, delete small.expansion;
  if (command === "evaluate" && / --weights /.test(line)) {
    Object.assign(small, { tile: "64", expansion: "0,32", reference: "64" });
  }
  return Object.entries(small).reduce((text, [name, value]) => {
    const option = new RegExp(` --${name} \\S+`);
    const added = value === undefined ? "" : ` --${name} ${value}`;
    return option.test(text) ? text.replace(option, added) : text + added;
  }, line);
}

/** Runs a line in Deno's own shell. */
async function run(line: string, cwd: string): Promise<void> {
  if (/^deno task (view|correct) /.test(line)) return await look(line, cwd);
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "--eval", line],
    ...{ cwd, stdin: "null", env: { NO_COLOR: "1" } },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  assertEquals(code, 0, `${line}\n${out}\n${error}`);
}

/** Runs `view` or `correct`: its page must be served, and Ctrl-C end it. */
async function look(line: string, cwd: string): Promise<void> {
  const [, , name, ...args] = line.split(" ");
  const { command } = project.tasks[name as "view" | "correct"];
  const [, ...task] = command.split(" ");
  const view = new Deno.Command("deno", {
    args: [...task, ...args],
    ...{ cwd, stdin: "null", stdout: "piped", stderr: "null" } as const,
  }).spawn();
  const reader = view.stdout.getReader();
  const { value } = await reader.read();
  const [url] = new TextDecoder().decode(value).match(/http:\S+/) ?? [];
  assert(url, `${line} printed no address`);
  assertStringIncludes(await (await fetch(url)).text(), "<html");
  view.kill("SIGINT");
  assertEquals((await view.status).code, 0);
  await reader.cancel();
}

async function output(args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("deno", {
    ...{ args, cwd: root, stdin: "null", env: { NO_COLOR: "1" } } as const,
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

async function* sourcesIn(folder: string): AsyncGenerator<string> {
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder, root))
  ) {
    if (isDirectory) yield* sourcesIn(`${folder}${name}/`);
    else if (/(?<!_test)\.ts$/.test(name)) {
      yield await readPage(`${folder}${name}`);
    }
  }
}
