import { pickGiven } from "../options/option.ts";
import { type InferOptions, inferOptions } from "../run/infer_options.ts";
import { parseInferOptions } from "./infer.ts";
import { assertEquals } from "@std/assert";
import { captureConsole } from "../../tests/helpers/capture_console.ts";
import project from "../../deno.json" with { type: "json" };
import { main } from "./main.ts";

const run = (...args: string[]) => captureConsole(() => main(args));

Deno.test("main() tells the version, of each command too", async () => {
  const out = `tilewise ${project.version}\n`;
  const version = { code: 0, out, error: "", device: "" };
  for (
    const command of [
      "infer",
      "evaluate",
      "export",
      "inspect",
      "tile",
      "train",
      "view",
    ]
  ) {
    assertEquals(await run(command, "--version"), version, command);
  }
  assertEquals(await run("--version"), version);
  assertEquals(await run("infer", "slide.svs", "-V"), version);
});

Deno.test("main() asks which command was meant", async () => {
  const refused = async (command: string) => (await run(command)).error;
  const end = "\nSee tilewise --help\n";
  assertEquals(
    await refused("infre"),
    `tilewise: Unknown command "infre"; did you mean infer?${end}`,
  );
  assertEquals(
    await refused("segment"),
    `tilewise: Unknown command "segment"${end}`,
  );
  assertEquals(
    await refused("__proto__"),
    `tilewise: Unknown command "__proto__"${end}`,
  );
});

Deno.test("main() names the range of a number below it", async () => {
  const needed = {
    infer: ["s", "--weights", "w", "--out", "o"],
    evaluate: ["s", "--labels", "l", "--weights", "w"],
    tile: ["s", "--labels", "l", "--out", "o"],
    train: ["--slides", "s", "--labels", "l", "--out", "o"],
    view: ["s"],
  };
  const rules: [keyof typeof needed, option: string, rule: string][] = [
    ["infer", "threshold", "a number from 0 to 1"],
    ["infer", "tile", "a whole number from 1"],
    ["infer", "expansion", "a whole number from 0"],
    ["infer", "level", "a whole number from 0"],
    ["infer", "memory", "a number above 0"],
    ["infer", "timeout", "a number above 0"],
    ["infer", "mpp", "a number above 0"],
    ["infer", "downsample", "a number from 1"],
    ["infer", "simplify", "a number from 0"],
    ["infer", "min-area", "an area of 0 or more, like 500 (µm²) or 500px"],
    ["evaluate", "threshold", "a number from 0 to 1"],
    ["evaluate", "tile", "a whole number from 1"],
    ["evaluate", "expansion", "whole numbers from 0"],
    ["evaluate", "level", "a whole number from 0"],
    ["evaluate", "reference", "a whole number from 32"],
    ["evaluate", "tolerance", "a number from 0 to 1"],
    ["evaluate", "min-area", "a number from 0"],
    ["tile", "tile", "a whole number from 32"],
    ["tile", "saturation", "a number from 0 to 255"],
    ["train", "folds", "a whole number from 2"],
    ["train", "fold", "a whole number from 0"],
    ["train", "seed", "a whole number from 0"],
    ["train", "lr", "a number above 0"],
    ["train", "memory", "a number above 0"],
    ["train", "tile", "a whole number from 32"],
    ["train", "expansion", "a whole number from 0"],
    ["view", "port", "a whole number from 0 to 65535"],
  ];
  for (const [command, option, rule] of rules) {
    const args = [command, ...needed[command], `--${option}`, "-2.5"];
    assertEquals(
      await run(...args),
      {
        code: 2,
        out: "",
        device: "",
        error: `tilewise: --${option} must be ${rule}, received "-2.5"\n` +
          `See tilewise ${command} --help\n`,
      },
    );
  }
});

Deno.test("infer tunes as it is told, and else as the device is", () => {
  const tune = (...flags: string[]) =>
    parseInferOptions([
      ...["a.tif", "--weights", "w.pth", "--out", "out"],
      ...flags,
    ])!.tune;
  assertEquals(tune(), undefined);
  assertEquals(tune("--tune"), true);
  assertEquals(tune("--no-tune"), false);
  const picked = (flag: string, tune?: boolean) =>
    pickGiven(inferOptions, { tune } as InferOptions, new Set([flag])).tune;
  assertEquals(picked("tune", true), true);
  assertEquals(picked("no-tune", false), false);
});
