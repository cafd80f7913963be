/**
 * Makes a folder with all that machines without a network need: Deno, Tilewise, its packages, their licenses, and digests of
 * all files.
 *
 *     deno task archive --out tilewise-offline [--onnxruntime]
 *
 * It is for the platform of this machine. Its file `tilewise` is the command, which writes nothing but results: the folder and
 * HOME may be read-only. With `--onnxruntime` it has onnxruntime, for machines without a GPU.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { ONNXRUNTIME } from "../../src/cpu/onnxruntime.ts";

/** What the command line reads; workers are not among what it imports. */
const ENTRIES = [
  "src/cli/main.ts",
  "src/slide/codecs/decode_worker.ts",
  "src/cpu/cpu_worker.ts",
];

/** The licenses of Deno and of @std, which are not in the cache. */
const DENO_LICENSE = `Deno, https://github.com/denoland/deno, and @std,
https://github.com/denoland/std: MIT License, Copyright the Deno authors.
Deno has parts with licenses of their own, which its repository lists.
`;

const { out, onnxruntime } = parseArgs(Deno.args, {
  string: ["out"],
  boolean: ["onnxruntime"],
});
if (!out) {
  console.error("Usage: deno task archive --out DIR [--onnxruntime]");
  Deno.exit(2);
}
const root = new URL("../../", import.meta.url).pathname;
const folder = await newFolder(out);
const isWindows = Deno.build.os === "windows";
await Deno.copyFile(
  Deno.execPath(),
  join(folder, isWindows ? "deno.exe" : "deno"),
);
for await (const path of filesIn(join(root, "src"))) {
  if (!path.endsWith("_test.ts")) await copy(path);
}
for (const name of ["deno.json", "LICENSE", "README.md", "CHANGELOG.md"]) {
  await copy(join(root, name));
}
await fillCache();
await writeLicenses();
await Deno.writeTextFile(
  join(folder, isWindows ? "tilewise.cmd" : "tilewise"),
  isWindows ? commandForWindows() : command(),
  { mode: 0o755 },
);
await writeDigests();
console.log(`${folder}: run its file tilewise`);

async function newFolder(path: string): Promise<string> {
  await Deno.mkdir(path); // throws if it exists: nothing is mixed with an older archive
  return await Deno.realPath(path);
}

async function* filesIn(path: string): AsyncGenerator<string> {
  const entries = await Array.fromAsync(Deno.readDir(path));
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* filesIn(join(path, name));
    else yield join(path, name);
  }
}

async function copy(path: string): Promise<void> {
  const target = join(folder, "app", path.slice(root.length));
  await Deno.mkdir(dirname(target), { recursive: true });
  await Deno.copyFile(path, target);
}

/** Lets Deno put packages, and the program as JavaScript, into the archive's own cache. */
async function fillCache(): Promise<void> {
  const entries = [...ENTRIES, ...onnxruntime ? [`npm:${ONNXRUNTIME}`] : []];
  const { success } = await new Deno.Command("deno", {
    args: ["cache", "--quiet", ...entries],
    cwd: join(folder, "app"),
    env: { DENO_DIR: join(folder, "cache") },
  }).output();
  if (!success) {
    console.error("The packages could not be cached; this needs a network.");
    Deno.exit(1);
  }
}

/** Writes the license of each package, from its own files. */
async function writeLicenses(): Promise<void> {
  const npm = join(folder, "cache", "npm");
  let text = `${DENO_LICENSE}\nIn app/src/slide/codecs/wasm, as WebAssembly:\n`;
  for await (const path of filesIn(join(root, "src/slide/codecs/wasm"))) {
    if (!path.endsWith(".js")) continue;
    const [, about] = (await Deno.readTextFile(path)).split("\n", 2);
    text += `${about.replace("// ", "")}\n`;
  }
  text += "\n";
  for await (const path of filesIn(npm)) {
    const isPackage = /[\\/]\d[^\\/]*[\\/]package\.json$/.test(path);
    if (!isPackage) continue;
    const { name, version, license = "see its files" } = JSON.parse(
      await Deno.readTextFile(path),
    );
    text += `${"-".repeat(79)}\n${name} ${version}: ${license}\n\n`;
    for await (const { name } of Deno.readDir(dirname(path))) {
      if (!/^(licen[sc]e|copying|notice|thirdparty)/i.test(name)) continue;
      text += await Deno.readTextFile(join(dirname(path), name)) + "\n";
    }
  }
  await Deno.writeTextFile(join(folder, "LICENSES.txt"), text);
}

function flags(path: (...names: string[]) => string): string {
  return [
    ...["run", "--quiet", "--cached-only", "--no-prompt", "--no-code-cache"],
    ...["--allow-read", "--allow-write", "--allow-sys=hostname"],
    "--allow-env",
    ...onnxruntime ? [`--allow-ffi=${path("cache", "npm")}`] : [],
    path("app", "src", "cli", "main.ts"),
  ].join(" ");
}

function command(): string {
  const path = (...names: string[]) => `"$here/${names.join("/")}"`;
  return `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
export DENO_DIR="$here/cache" DENO_NO_UPDATE_CHECK=1
exec "$here/deno" ${flags(path)} "$@"
`;
}

function commandForWindows(): string {
  const path = (...names: string[]) => `"%~dp0${names.join("\\")}"`;
  return `@set "DENO_DIR=%~dp0cache"\r\n@set DENO_NO_UPDATE_CHECK=1\r\n@"%~dp0deno.exe" ${
    flags(path)
  } %*\r\n`;
}

/** Writes the digests of all files, as `sha256sum --check` reads them. */
async function writeDigests(): Promise<void> {
  let text = "";
  for await (const path of filesIn(folder)) {
    const hash = createHash("sha256");
    using file = await Deno.open(path);
    for await (const piece of file.readable) hash.update(piece);
    const name = path.slice(folder.length + 1).replaceAll("\\", "/");
    text += `${hash.digest("hex")}  ${name}\n`;
  }
  await Deno.writeTextFile(join(folder, "SHA256SUMS"), text);
}
