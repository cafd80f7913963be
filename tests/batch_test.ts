import { assert, assertEquals, assertMatch } from "@std/assert";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { ABOUT_DEVICE } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";

const root = new URL("../", import.meta.url);
const folder = await Deno.makeTempDir({ prefix: "tilewise-batch-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
await Deno.mkdir(`${folder}/slides`);

const weights = `${folder}/tiny.safetensors`;
await Deno.writeFile(
  weights,
  writeSafetensors(syntheticStateDict(tinyUnext, { bias: 1 })),
);
async function writeSlide(name: string, width: number, height: number) {
  const pixels = noise(width, height);
  const file = await makeTiff([{ width, height, pixels }]);
  await Deno.writeFile(`${folder}/slides/${name}.tif`, file);
}
await writeSlide("a", 70, 60);
await writeSlide("b", 64, 64);
await Deno.writeTextFile(`${folder}/slides/torn.tif`, "torn");

function start(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"],
      ...["src/cli/main.ts", "infer", ...args, "--weights", weights],
      ...["--tile", "64", "--expansion", "32", "--downsample", "1"],
    ],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

async function run(...args: string[]) {
  const { code, stdout, stderr } = await start(args).output();
  const text = new TextDecoder();
  const error = text.decode(stderr).split("\n")
    .filter((line) =>
      !/XDG_RUNTIME_DIR|^libEGL/.test(line) && !ABOUT_DEVICE.test(line)
    ).join("\n").trim();
  return { code, out: text.decode(stdout).trim(), error };
}

/** What became of each slide, by the table. */
function statuses(out: string): Record<string, string> {
  const rows = out.slice(out.indexOf("\nslide ")).trim().split("\n").slice(
    1,
    -1,
  );
  return Object.fromEntries(rows.map((row) => {
    const cells = row.split(/ {2,}/);
    return [cells[0].split("/").at(-1), cells.at(-1)];
  }));
}

Deno.test("infer works through a folder, reports what fails, and ends with a table and 1", async () => {
  const { code, out, error } = await run(
    `${folder}/slides`,
    "--out",
    `${folder}/all`,
  );
  assertEquals(code, 1);
  assertMatch(error, /^tilewise: Cannot open slide ".*torn\.tif": .*$/);
  assertEquals(error.split("\n").length, 1, error);
  assertMatch(
    out,
    /^\[1\/3\] a: .*\n\[2\/3\] b: .*\n\nslide .*objects .*status\n/,
  );
  assertMatch(out, /\n3 slides: 2 done, 1 failed$/);
  assertEquals(statuses(out), { a: "done", b: "done", "torn.tif": "failed" });
});

Deno.test("infer --resume leaves out what is complete, and only that", async () => {
  const out = `${folder}/resumed`;
  const slides = [
    `${folder}/slides/[ab].tif`,
    "--out",
    out,
    "--format",
    "rle,json",
  ];
  const resume = async (...more: string[]) => {
    const result = await run(...slides, "--resume", ...more);
    assertEquals([result.code, result.error], [0, ""]);
    return statuses(result.out);
  };
  const [none, all] = [{ a: "done", b: "done" }, {
    a: "complete",
    b: "complete",
  }];
  assertEquals(await resume(), none);
  assertEquals(await resume("--timeout", "5"), all);
  await Deno.remove(`${out}/a.rle.csv`);
  await writeSlide("b", 64, 60);
  assertEquals(await resume(), none);
});

Deno.test("infer --resume does not take a killed run for complete", async () => {
  await writeSlide("large", 2000, 1600);
  const out = `${folder}/killed`;
  const args = [
    `${folder}/slides/a.tif`,
    `${folder}/slides/large.tif`,
    "--out",
    out,
  ];
  const names = (): string[] => {
    try {
      return [...Deno.readDirSync(out)].map(({ name }) => name);
    } catch {
      return [];
    }
  };
  const child = start(args);
  for (
    let i = 0;
    i < 1200 &&
    !names().some((name) =>
      name.startsWith(".large.") && name.endsWith(".part")
    );
    i++
  ) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  child.kill("SIGKILL");
  await child.output();
  const isPart = (name: string) => name.endsWith(".part");
  assert(names().includes("a.json") && names().some(isPart));
  assert(!names().some((name) => name.startsWith("large.")), `${names()}`);
  await Deno.remove(`${folder}/slides/large.tif`);
  await writeSlide("large", 90, 90); // small, so that the rest is soon done
  const { code, out: text } = await run(...args, "--resume");
  assertEquals(code, 0);
  assertEquals(statuses(text), { a: "complete", large: "done" });
  assertEquals(names().filter(isPart), []);
});

Deno.test("infer --resume removes what a run left that was killed after its last file", async () => {
  const out = `${folder}/traces`;
  const args = [`${folder}/slides/[ab].tif`, "--out", out, "--resume"];
  const names = () => [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  assertEquals((await run(...args)).code, 0);
  const whole = names();
  const dead = JSON.stringify({ run: "killed", pid: 7, token: "0123abcd" });
  await Deno.writeTextFile(`${out}/.a.journal`, "of a run that was complete");
  for (const name of ["b", "index.html", "objects.csv"]) {
    await Deno.writeTextFile(`${out}/.${name}.lock`, dead);
  }
  for (const name of ["b.json", "index.html", "objects.csv"]) {
    await Deno.writeTextFile(`${out}/.${name}.0123abcd-9.part`, "torn");
  }
  const { code, out: text } = await run(...args);
  assertEquals(code, 0);
  assertEquals(statuses(text), { a: "complete", b: "complete" });
  assertEquals(names(), whole);
});
